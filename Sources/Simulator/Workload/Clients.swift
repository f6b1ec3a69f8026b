import Contracts
import Ledger
import Replication
import Sodium

/// Those who send documents: each story goes on when its last document was executed; what does not come through is sent
/// again, to another node.
struct Clients {
  private struct Line {
    let items: [Item]
    var next = 0
  }

  struct Pending {
    let item: Item
    let line: Int?
    var sentAt: Int64
    /// Some node took it in.
    var accepted: Bool
    /// How often it was refused, one time after the other.
    var refusals: Int
  }

  private var lines: [Line]
  private var orders: [Item]
  private var refused: [Item]
  private(set) var pending: [Digest: Pending] = [:]
  /// In the order in which they were sent: what is walked through.
  private var order: [Digest] = []
  private var busy: Set<Int> = []
  private(set) var executedCount = 0
  private(set) var acceptedOutcomes = 0
  private(set) var executed: [Digest: UInt64] = [:]
  var wanted: Int
  var isOpen = true

  init(_ library: Library, changes: Bool, _ generator: inout SeededGenerator) {
    var stories = library.stories
    generator.shuffle(&stories)
    lines = stories.prefix(generator.within(10...24)).map { Line(items: $0.items) }
    if changes { lines.insert(Line(items: library.changes.items), at: 0) }
    orders = library.orders
    generator.shuffle(&orders)
    refused = library.refused
    generator.shuffle(&refused)
    wanted = generator.within(2...6)
  }

  mutating func executed(_ record: OutcomeRecord, at height: UInt64) {
    guard executed.updateValue(height, forKey: record.document) == nil else { return }
    executedCount += 1
    if !record.outcome.isRefusal { acceptedOutcomes += 1 }
    guard let done = pending.removeValue(forKey: record.document), let line = done.line else { return }
    lines[line].next += 1
    busy.remove(line)
  }

  /// The next document that may be sent; nil when enough are under way.
  mutating func take(_ networkTime: Int64, now: Int64, _ generator: inout SeededGenerator) -> Item? {
    guard isOpen, pending.count < wanted else { return nil }
    var ready: [Int] = []
    for line in lines.indices where lines[line].next < lines[line].items.count && !busy.contains(line) {
      if lines[line].items[lines[line].next].notBefore <= networkTime { ready.append(line) }
    }
    let item: Item
    var place: Int?
    if !ready.isEmpty, generator.percent(85) {
      place = ready[generator.below(ready.count)]
      item = lines[place!].items[lines[place!].next]
      if executed[item.id] != nil {
        // It went through without this client having been told, or was sent twice.
        lines[place!].next += 1
        return nil
      }
      busy.insert(place!)
    } else if let next = orders.popLast() {
      item = next
    } else {
      return nil
    }
    pending[item.id] = Pending(item: item, line: place, sentAt: now, accepted: false, refusals: 0)
    order.append(item.id)
    return item
  }

  /// What the door must refuse.
  mutating func takeRefused() -> Item? { refused.popLast() }

  /// Documents that have waited too long, oldest first.
  mutating func overdue(_ now: Int64, after patience: Int64) -> [Item] {
    order.removeAll { pending[$0] == nil }
    return order.compactMap { id in
      guard let waiting = pending[id], now - waiting.sentAt >= patience else { return nil }
      return waiting.item
    }
  }

  mutating func sent(_ id: Digest, accepted: Bool, at now: Int64) {
    guard var waiting = pending[id] else { return }
    waiting.sentAt = now
    waiting.accepted = waiting.accepted || accepted
    // A node that is far behind goes on taking in what the others know to be refused.
    if !accepted { waiting.refusals += 1 }
    pending[id] = waiting
    // Nobody takes it, and it may be that nobody ever will: its story ends. What one node took in before it knew that
    // the key was revoked is promised to nobody.
    guard waiting.refusals > 10 else { return }
    pending[id] = nil
    if let line = waiting.line {
      lines[line].next = lines[line].items.count
      busy.remove(line)
    }
  }

  var acceptedPending: [Item] { order.compactMap { pending[$0] }.filter(\.accepted).map(\.item) }
}

extension Cluster {
  /// One round of the clients.
  func tend() {
    let living = nodes.filter { $0.life != nil && $0.pausedUntil <= now }
    if !living.isEmpty {
      let networkTime = (VirtualClock.epoch + now * Cast.clockRate) / 1_000
      for item in clients.overdue(now, after: 2_000) { hand(item, to: generator.pick(living)) }
      while let item = clients.take(networkTime, now: now, &generator) {
        hand(item, to: generator.pick(living))
        // The same bytes twice are one document.
        if generator.percent(5), finding == nil { hand(item, to: generator.pick(living)) }
      }
      if generator.percent(2), let item = clients.takeRefused() {
        let node = generator.pick(living)
        if node.life != nil, admit(item.bytes, at: node), node.isHonest {
          report("door", "node \(node.index) took in what must be refused: \(item.id)")
        }
      }
    }
    schedule(.client, in: Int64(generator.within(10...40)))
  }

  /// Into one node's pool, and from there to the others'.
  func hand(_ item: Item, to node: SimulatedNode) {
    guard node.life != nil else { return }
    let accepted = admit(item.bytes, at: node)
    note(10, UInt64(node.index), accepted ? 1 : 0)
    clients.sent(item.id, accepted: accepted && node.isHonest, at: now)
    if accepted { node.broadcast(PeerMessage.documents([item.bytes]).cbor, on: .documents) }
    settle(node)
  }
}
