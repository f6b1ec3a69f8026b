/// What can be read: the database as it is, or a snapshot of it.
package protocol StoreReading: ~Copyable {
  /// Nil where the key is not.
  func get(_ key: [UInt8]) throws(StorageFailure) -> [UInt8]?
  /// A cursor over all entries. Long walks should not fill the cache.
  func cursor(fillsCache: Bool) -> Cursor
}

/// Whether a walk goes on.
package enum Walk: Sendable {
  case on, stop
}

extension StoreReading where Self: ~Copyable {
  package func get(_ key: StoreKey) throws(StorageFailure) -> [UInt8]? { try get(key.bytes) }

  package func cursor() -> Cursor { cursor(fillsCache: true) }

  /// Calls `body` with key and value of each entry under `prefix`, in the order of the keys, until it stops or throws;
  /// a value that does not decode is a `StorageFailure` of kind `corruption`.
  package func forEach(
    under prefix: [UInt8], fillsCache: Bool = true,
    _ body: (_ key: [UInt8], _ value: [UInt8]) throws(StorageFailure) -> Walk
  ) throws(StorageFailure) {
    var cursor = cursor(fillsCache: fillsCache)
    try cursor.seek(prefix)
    while cursor.isValid {
      let key = cursor.key
      guard key.starts(with: prefix), try body(key, cursor.value) == .on else { return }
      try cursor.next()
    }
  }

  /// The entry with the highest key under `prefix`.
  package func last(under prefix: [UInt8]) throws(StorageFailure) -> (key: [UInt8], value: [UInt8])? {
    var cursor = cursor()
    if let end = StoreKey.end(ofPrefix: prefix) {
      try cursor.seek(end)
      if cursor.isValid { try cursor.previous() } else { try cursor.seekToLast() }
    } else {
      try cursor.seekToLast()
    }
    guard cursor.isValid else { return nil }
    let key = cursor.key
    return key.starts(with: prefix) ? (key, cursor.value) : nil
  }
}
