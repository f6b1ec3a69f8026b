import CLevelDB

/// Changes that take effect together. Later entries for a key win.
///
/// Unchecked, because it has one owner, changes need exclusive access, and LevelDB touches a batch that is being
/// written only inside its own queue of writers.
package struct Batch: ~Copyable, @unchecked Sendable {
  let pointer: OpaquePointer
  /// The number of entries.
  package private(set) var count = 0
  /// The size of all keys and values.
  package private(set) var byteCount = 0

  package init() { pointer = leveldb_writebatch_create() }

  deinit { leveldb_writebatch_destroy(pointer) }

  package mutating func put(_ key: [UInt8], _ value: [UInt8]) {
    key.withCharacters { key, keyCount in
      value.withCharacters { leveldb_writebatch_put(pointer, key, keyCount, $0, $1) }
    }
    count += 1
    byteCount += key.count + value.count
  }

  package mutating func put(_ key: StoreKey, _ value: [UInt8]) { put(key.bytes, value) }

  /// Deleting a key that is not there is no error.
  package mutating func delete(_ key: [UInt8]) {
    key.withCharacters { leveldb_writebatch_delete(pointer, $0, $1) }
    count += 1
    byteCount += key.count
  }

  package mutating func delete(_ key: StoreKey) { delete(key.bytes) }

  package mutating func clear() {
    leveldb_writebatch_clear(pointer)
    count = 0
    byteCount = 0
  }
}
