/// Deletes what one table has below a height or a version, a bounded batch at a time, between which others write.
///
/// The marker that says what is kept is raised first (`raise`), durably. The batches need no sync: after a crash a new
/// pruning makes them again. Space comes back by `reclaim`, once no snapshot shows what was deleted.
package struct Pruning: Sendable {
  private let table: StoreKey.Table
  private let end: UInt64
  /// Where the next step begins; nil when nothing is left below the end.
  package private(set) var next: UInt64?
  /// Keys that were deleted and never come back.
  private var sample = Sample()

  /// The entries of a table whose keys begin with a height, from `start` up to but not including `end`.
  package init(_ table: StoreKey.Table, from start: UInt64 = 0, below end: UInt64) {
    precondition(table.isPrunable)
    self.table = table
    self.end = end
    next = start < end ? start : nil
  }

  /// The nodes of the state tree that no version from `end` on refers to.
  package static func tree(from start: UInt64 = 0, below end: UInt64) -> Pruning {
    // A version's list has the nodes that it does not refer to: those of `end` itself go too.
    Pruning(.staleNode, from: start, below: end == .max ? end : end + 1)
  }

  /// Deletes the lowest entries in one batch, which ends with the entry at which it has `limit` keys or more. `also`
  /// names what goes with an entry.
  package mutating func step(
    in store: any KeyValueStore, limit: Int,
    also: (_ number: UInt64, _ value: [UInt8]) throws(StorageFailure) -> [StoreKey] = { _, _ in [] }
  ) throws(StorageFailure) {
    guard let start = next else { return }
    var batch = Batch()
    var rest: UInt64?
    try store.walk(from: table.key(start), backwards: false, fillsCache: false) { key, value throws(StorageFailure) in
      guard key.starts(with: table.prefix), let number = key.bigEndian(UInt64.self, at: 1), number < end else {
        return .stop
      }
      guard batch.count < max(1, limit) else {
        rest = number
        return .stop
      }
      batch.delete(key)
      if table == .staleNode { for node in StoreKey.treeNodes(inStaleList: value) { batch.delete(node) } }
      for other in try also(number, value) { batch.delete(other) }
      return .on
    }
    if batch.count > 0 { try store.write(batch, sync: false) }
    for case .delete(let key) in batch.operations { sample.add(key) }
    next = rest
  }

  /// Gives the space of a part of what was deleted back to the disk; false when all of it was. Takes long and blocks
  /// the caller's thread, not other calls.
  ///
  /// LevelDB never compacts its lowest level by itself, and what a snapshot showed when it got there stays there, with
  /// its deletion. So some of the keys are deleted once more, over the whole range, which pulls the lowest level in.
  package mutating func reclaim(in store: any KeyValueStore) throws(StorageFailure) -> Bool {
    guard let part = sample.takePart(), let first = part.first, let last = part.last else { return false }
    var batch = Batch()
    for key in part { batch.delete(key) }
    try store.write(batch, sync: false)
    store.compact(from: first, to: last)
    return true
  }
}

/// Keys spread evenly over those that were given, however many.
private struct Sample: Sendable {
  private static let maximum = 256
  private static let part = 16
  private var keys: [[UInt8]] = []
  private var stride = 1
  private var count = 0

  mutating func add(_ key: [UInt8]) {
    guard let table = key.first.flatMap(StoreKey.Table.init(rawValue:)), table.isPrunable || table == .treeNode else {
      return  // The ids and pairs of documents may come back.
    }
    if count % stride == 0 { keys.append(key) }
    count += 1
    guard keys.count == Sample.maximum else { return }
    keys = keys.indices.filter { $0 % 2 == 0 }.map { keys[$0] }
    stride *= 2
  }

  /// Some that lie together, in one table, in order. The last of a part begins the next, so that no gap is left.
  mutating func takePart() -> [[UInt8]]? {
    keys.sort { $0.lexicographicallyPrecedes($1) }
    guard let table = keys.first?.first else { return nil }
    let part = Array(keys.prefix(Sample.part).prefix { $0.first == table })
    let isLast = part.count == keys.count || keys[part.count].first != table
    keys.removeFirst(isLast ? part.count : part.count - 1)
    return part
  }
}

extension StoreKey.Table {
  /// Whether the keys begin with a height or a version, which never come back once they went.
  fileprivate var isPrunable: Bool {
    [.block, .outcomes, .finalization, .leaf, .staleNode].contains(self)
  }

  fileprivate func key(_ number: UInt64) -> [UInt8] {
    var key = prefix
    key.appendBigEndian(number)
    return key
  }
}

extension StoreReading {
  /// The number that a marker holds; nil where it was never raised.
  package func number(_ marker: StoreKey.Marker) throws(StorageFailure) -> UInt64? {
    guard let bytes = try get(.marker(marker)) else { return nil }
    guard bytes.count == 8, let number = bytes.bigEndian(UInt64.self, at: 0) else {
      throw StorageFailure(.corruption, "the marker \(marker) is not a number")
    }
    return number
  }
}

extension KeyValueStore {
  /// Raises a marker that holds a number, durably; one that is as high already stays.
  package func raise(_ marker: StoreKey.Marker, to number: UInt64) throws(StorageFailure) {
    if let held = try self.number(marker), held >= number { return }
    var bytes: [UInt8] = []
    bytes.appendBigEndian(number)
    var batch = Batch()
    batch.put(.marker(marker), bytes)
    try write(batch, sync: true)
  }

  /// Deletes the lowest entries under a prefix, at most `limit`; false when none is left.
  package func removeAll(under prefix: [UInt8], limit: Int) throws(StorageFailure) -> Bool {
    var batch = Batch()
    var isLeft = false
    try forEach(under: prefix, fillsCache: false) { key, _ in
      isLeft = batch.count == limit
      if !isLeft { batch.delete(key) }
      return isLeft ? .stop : .on
    }
    if batch.count > 0 { try write(batch, sync: false) }
    return isLeft
  }
}

extension StoreKey {
  /// The keys in the value of a stale-node entry: node keys one after the other, each of which says its own length, as
  /// its ninth byte is the number of nibbles that follow.
  package static func treeNodes(inStaleList list: [UInt8]) -> [StoreKey] {
    var keys: [StoreKey] = []
    var offset = 0
    while offset + 9 <= list.count {
      let end = min(list.count, offset + 9 + (Int(list[offset + 8]) + 1) / 2)
      keys.append(.treeNode(Array(list[offset..<end])))
      offset = end
    }
    return keys
  }
}
