import CLevelDB

/// A place in the sorted keys, over the entries as they were when it was made; it may outlive the snapshot it came
/// from. Every move throws what LevelDB has to report: left alone, LevelDB steps over a damaged block as if it were
/// empty.
package struct Cursor: ~Copyable {
  private let handle: DatabaseHandle
  private let options: OpaquePointer
  private let iterator: OpaquePointer

  /// Takes over `options`.
  init(_ handle: DatabaseHandle, _ options: OpaquePointer) {
    self.handle = handle
    self.options = options
    iterator = leveldb_create_iterator(handle.database, options)
  }

  deinit {
    leveldb_iter_destroy(iterator)
    leveldb_readoptions_destroy(options)
  }

  /// Whether the cursor stands on an entry. A new one does not until it is moved.
  package var isValid: Bool { leveldb_iter_valid(iterator) != 0 }

  /// Requires `isValid`.
  package var key: [UInt8] {
    precondition(isValid)
    var count = 0
    let start = leveldb_iter_key(iterator, &count)
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Requires `isValid`.
  package var value: [UInt8] {
    precondition(isValid)
    var count = 0
    let start = leveldb_iter_value(iterator, &count)
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// To the first entry whose key is not below `key`.
  package mutating func seek(_ key: [UInt8]) throws(StorageFailure) {
    key.withCharacters { leveldb_iter_seek(iterator, $0, $1) }
    try check()
  }

  package mutating func seekToFirst() throws(StorageFailure) {
    leveldb_iter_seek_to_first(iterator)
    try check()
  }

  package mutating func seekToLast() throws(StorageFailure) {
    leveldb_iter_seek_to_last(iterator)
    try check()
  }

  /// Requires `isValid`.
  package mutating func next() throws(StorageFailure) {
    precondition(isValid)
    leveldb_iter_next(iterator)
    try check()
  }

  /// Requires `isValid`.
  package mutating func previous() throws(StorageFailure) {
    precondition(isValid)
    leveldb_iter_prev(iterator)
    try check()
  }

  private func check() throws(StorageFailure) {
    try reporting { leveldb_iter_get_error(iterator, $0) }
  }
}
