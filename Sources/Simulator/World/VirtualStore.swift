import LedgerStore

/// The key-value store of one node: values by key, put in order only when someone walks through them. Batches that no
/// sync has covered are lost by a crash, the newest first. Confined to the thread of its seed.
final class VirtualStore: KeyValueStore, @unchecked Sendable {
  private var values: [[UInt8]: [UInt8]] = [:]
  /// The keys in order; nil when keys have come or gone since they were last put in order.
  private var sorted: [[UInt8]]?
  /// What unsynced batches replaced, oldest first.
  private var undo: [[(key: [UInt8], value: [UInt8]?)]] = []
  /// A failed write closes the store until the next start.
  private var isClosed = false
  /// Keys whose bytes have changed on the disk: the store's checksums find it when they are read.
  private var rotten: Set<[UInt8]> = []
  let power: VirtualPower

  init(_ power: VirtualPower) { self.power = power }

  // MARK: KeyValueStore

  func get(_ key: [UInt8]) throws(StorageFailure) -> [UInt8]? {
    try power.check("the store")
    if !rotten.isEmpty, rotten.contains(key) { throw StorageFailure(.corruption, "a block of the store has changed") }
    return values[key]
  }

  func write(_ batch: Batch, sync: Bool) throws(StorageFailure) {
    guard !isClosed else { throw StorageFailure(.io, "the store takes no writes since one failed") }
    do {
      try power.spend("the store", batch.byteCount)
    } catch {
      isClosed = true
      throw error
    }
    let isDurable = sync && !power.liesAboutSync && undo.isEmpty && !power.failsNextSync && power.writesUntilOff == nil
    if isDurable {
      for operation in batch.operations { apply(operation) }
      return
    }
    var replaced: [(key: [UInt8], value: [UInt8]?)] = []
    for operation in batch.operations {
      switch operation {
      case .put(let key, _), .delete(let key): replaced.append((key, values[key]))
      }
      apply(operation)
    }
    undo.append(replaced)
    guard sync else { return }
    do {
      try power.sync("the store")
    } catch {
      isClosed = true
      throw error
    }
    if !power.liesAboutSync { undo = [] }
  }

  private func apply(_ operation: Batch.Operation) {
    switch operation {
    case .put(let key, let value):
      if values.updateValue(value, forKey: key) == nil { sorted = nil }
    case .delete(let key):
      if values.removeValue(forKey: key) != nil { sorted = nil }
    }
  }

  func snapshot() -> any StoreReading {
    let copy = VirtualStore(power)
    copy.values = values
    copy.sorted = sorted
    copy.rotten = rotten
    return copy
  }

  func compact(from start: [UInt8], to end: [UInt8]) {}

  func approximateSize(under prefix: [UInt8]) -> UInt64 {
    var size: UInt64 = 0
    for (key, value) in values where key.starts(with: prefix) { size += UInt64(key.count + value.count) }
    return size
  }

  func walk(
    from key: [UInt8], backwards: Bool, fillsCache: Bool,
    _ body: (_ key: [UInt8], _ value: [UInt8]) throws(StorageFailure) -> Walk
  ) throws(StorageFailure) {
    let keys = inOrder()
    let values = values
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle].lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
    }
    if backwards {
      while low > 0 {
        low -= 1
        guard try visit(keys[low], values, body) == .on else { return }
      }
    } else {
      while low < keys.count {
        guard try visit(keys[low], values, body) == .on else { return }
        low += 1
      }
    }
  }

  private func visit(
    _ key: [UInt8], _ values: [[UInt8]: [UInt8]],
    _ body: (_ key: [UInt8], _ value: [UInt8]) throws(StorageFailure) -> Walk
  ) throws(StorageFailure) -> Walk {
    try power.check("the store")
    if rotten.contains(key) { throw StorageFailure(.corruption, "a block of the store has changed") }
    return try body(key, values[key]!)
  }

  private func inOrder() -> [[UInt8]] {
    if let sorted { return sorted }
    let keys = values.keys.sorted { $0.lexicographicallyPrecedes($1) }
    sorted = keys
    return keys
  }

  // MARK: What befalls it

  /// The power goes: of the batches that no sync has covered, the newest are lost. Answers how many.
  func crash(_ generator: inout SeededGenerator) -> Int {
    isClosed = false
    guard !undo.isEmpty else { return 0 }
    let lost = generator.below(undo.count + 1)
    for _ in 0..<lost {
      for (key, value) in undo.removeLast().reversed() { values[key] = value }
    }
    undo = []
    sorted = nil
    return lost
  }

  /// The bytes of one entry change; a checksum will tell whoever reads it.
  func rot(_ generator: inout SeededGenerator) -> Bool {
    let keys = inOrder()
    guard !keys.isEmpty else { return false }
    rotten.insert(keys[generator.below(keys.count)])
    return true
  }

  func wipe() {
    values = [:]
    sorted = nil
    undo = []
    rotten = []
    isClosed = false
  }

  func copy(_ power: VirtualPower) -> VirtualStore {
    let copy = VirtualStore(power)
    copy.values = values
    copy.sorted = sorted
    return copy
  }

  func restore(_ backup: VirtualStore) {
    values = backup.values
    sorted = nil
    undo = []
    rotten = []
    isClosed = false
  }

  var count: Int { values.count }
}
