/// Sorted keys with values, changed by batches that take effect whole. Safe to share between threads.
package protocol KeyValueStore: StoreReading {
  /// Applies the batch as a whole or not at all. With `sync` it is durable on return, together with every write before
  /// it that was also synced; a write that was not may be lost alone, so leave `sync` off only for what can be redone.
  func write(_ batch: Batch, sync: Bool) throws(StorageFailure)
  /// The store as it is now, unchanged by later writes. What they replace stays on disk for it, so drop it soon.
  func snapshot() -> any StoreReading
  /// Rewrites the keys from `start` to `end` without what was deleted or replaced, so that its space comes back. Takes
  /// long and blocks the caller's thread, not other calls; what fails in it is reported by the next write.
  func compact(from start: [UInt8], to end: [UInt8])
  /// Bytes on disk, roughly, of the keys with this prefix; recent writes are not counted.
  func approximateSize(under prefix: [UInt8]) -> UInt64
}

/// What can be read: a store as it is, or a snapshot of it.
package protocol StoreReading: Sendable {
  /// Nil where the key is not.
  func get(_ key: [UInt8]) throws(StorageFailure) -> [UInt8]?
  /// Calls `body` with key and value of each entry, in the order of the keys, from the first key not below `key` on,
  /// until it stops or throws; `backwards`, against their order from the last key below `key`. The entries are those
  /// of the moment of the call, whatever is written meanwhile. Long walks should not fill the cache.
  func walk(
    from key: [UInt8], backwards: Bool, fillsCache: Bool,
    _ body: (_ key: [UInt8], _ value: [UInt8]) throws(StorageFailure) -> Walk
  ) throws(StorageFailure)
}

/// Whether a walk goes on.
package enum Walk: Sendable {
  case on, stop
}

extension StoreReading {
  package func get(_ key: StoreKey) throws(StorageFailure) -> [UInt8]? { try get(key.bytes) }

  /// Calls `body` with key and value of each entry under `prefix`, in the order of the keys, until it stops or throws;
  /// a value that does not decode is a `StorageFailure` of kind `corruption`.
  package func forEach(
    under prefix: [UInt8], fillsCache: Bool = true,
    _ body: (_ key: [UInt8], _ value: [UInt8]) throws(StorageFailure) -> Walk
  ) throws(StorageFailure) {
    try walk(from: prefix, backwards: false, fillsCache: fillsCache) { key, value throws(StorageFailure) in
      key.starts(with: prefix) ? try body(key, value) : .stop
    }
  }

  /// The entry with the highest key under `prefix`.
  package func last(under prefix: [UInt8]) throws(StorageFailure) -> (key: [UInt8], value: [UInt8])? {
    var last: (key: [UInt8], value: [UInt8])?
    try walk(from: StoreKey.limit(ofPrefix: prefix), backwards: true, fillsCache: true) {
      key, value throws(StorageFailure) in
      if key.starts(with: prefix) { last = (key, value) }
      return .stop
    }
    return last
  }
}

extension KeyValueStore {
  package func approximateSize() -> UInt64 { approximateSize(under: []) }

  /// All keys with this prefix.
  package func compact(under prefix: [UInt8]) { compact(from: prefix, to: StoreKey.limit(ofPrefix: prefix)) }
}
