import CLevelDB

/// A place in the sorted keys, over the entries as they were when it was made. Every move throws what LevelDB has to
/// report: left alone, LevelDB steps over a damaged block as if it were empty.
struct Cursor: ~Copyable {
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

  mutating func walk(
    from key: [UInt8], backwards: Bool, _ body: (_ key: [UInt8], _ value: [UInt8]) throws(StorageFailure) -> Walk
  ) throws(StorageFailure) {
    key.withCharacters { leveldb_iter_seek(iterator, $0, $1) }
    try check()
    if backwards {
      // On the first key not below `key`, or, when there is none, nowhere.
      if isValid { leveldb_iter_prev(iterator) } else { leveldb_iter_seek_to_last(iterator) }
      try check()
    }
    while isValid, try body(bytes(leveldb_iter_key), bytes(leveldb_iter_value)) == .on {
      if backwards { leveldb_iter_prev(iterator) } else { leveldb_iter_next(iterator) }
      try check()
    }
  }

  private var isValid: Bool { leveldb_iter_valid(iterator) != 0 }

  private func bytes(_ read: (OpaquePointer?, UnsafeMutablePointer<Int>?) -> UnsafePointer<CChar>?) -> [UInt8] {
    var count = 0
    let start = read(iterator, &count)
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  private func check() throws(StorageFailure) {
    try reporting { leveldb_iter_get_error(iterator, $0) }
  }
}
