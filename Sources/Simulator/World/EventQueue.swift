/// What is still to happen, by time; at equal times in the order of entry, so that one seed has one history.
///
/// A binary heap of small keys; the events themselves stay where they are until their time.
struct EventQueue<Event> {
  private struct Key {
    let time: Int64
    let order: UInt64
    let slot: Int

    @inline(__always) func precedes(_ other: Key) -> Bool {
      time != other.time ? time < other.time : order < other.order
    }
  }

  private var heap: [Key] = []
  private var slots: [Event?] = []
  private var vacant: [Int] = []
  private var entered: UInt64 = 0

  var nextTime: Int64? { heap.first?.time }
  var count: Int { heap.count }

  mutating func push(_ event: consuming Event, at time: Int64) {
    entered += 1
    let slot: Int
    if let free = vacant.popLast() {
      slot = free
      slots[slot] = consume event
    } else {
      slot = slots.count
      slots.append(consume event)
    }
    heap.append(Key(time: time, order: entered, slot: slot))
    rise(heap.count - 1)
  }

  mutating func pop() -> (time: Int64, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink(0)
    }
    let event = slots[first.slot].take()!
    vacant.append(first.slot)
    return (first.time, event)
  }

  private mutating func rise(_ start: Int) {
    heap.withUnsafeMutableBufferPointer { heap in
      var child = start
      let key = heap[child]
      while child > 0 {
        let parent = (child - 1) >> 1
        guard key.precedes(heap[parent]) else { break }
        heap[child] = heap[parent]
        child = parent
      }
      heap[child] = key
    }
  }

  private mutating func sink(_ start: Int) {
    heap.withUnsafeMutableBufferPointer { heap in
      var parent = start
      let key = heap[parent]
      while true {
        var child = 2 * parent + 1
        guard child < heap.count else { break }
        if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
        guard heap[child].precedes(key) else { break }
        heap[parent] = heap[child]
        parent = child
      }
      heap[parent] = key
    }
  }
}
