/// A binary heap by time, then by order of entry; the events themselves stay in place.
struct EventQueue<Event> {
  private struct Key {
    let time: Int64
    let order: UInt64
    let slot: Int
    func isBefore(_ other: Key) -> Bool { time != other.time ? time < other.time : order < other.order }
  }
  private var heap: [Key] = []
  private var slots: [Event?] = []
  private var free: [Int] = []
  private var order: UInt64 = 0

  var count: Int { heap.count }
  var nextTime: Int64? { heap.first?.time }

  mutating func push(_ event: Event, at time: Int64) {
    order += 1
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
      slots[slot] = event
    } else {
      slot = slots.count
      slots.append(event)
    }
    let key = Key(time: time, order: order, slot: slot)
    heap.append(key)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard key.isBefore(heap[parent]) else { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = key
  }

  mutating func pop() -> (Int64, Event)? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      var parent = 0
      while true {
        var child = parent * 2 + 1
        guard child < heap.count else { break }
        if child + 1 < heap.count && heap[child + 1].isBefore(heap[child]) { child += 1 }
        guard heap[child].isBefore(last) else { break }
        heap[parent] = heap[child]
        parent = child
      }
      heap[parent] = last
    }
    let event = slots[first.slot]!
    slots[first.slot] = nil
    free.append(first.slot)
    return (first.time, event)
  }
}
