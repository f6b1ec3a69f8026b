import CLevelDB

/// The node's key-value store: sorted keys, atomic batches, consistent snapshots. Safe to share between threads.
/// Every checksum is verified on every read; a failed write closes the database to further writes until it is reopened.
package struct Database: ~Copyable, Sendable {
  package struct Options: Sendable {
    /// Memory for uncompressed blocks that were read.
    package var cacheBytes = 32 << 20
    /// Memory for recent writes before they become a table file; at most two such buffers exist.
    package var writeBufferBytes = 8 << 20
    /// Table files held open at once.
    package var openFiles = 256
    /// Size of the filter that spares a look into a table file without the key; 10 is wrong about once in a hundred.
    package var filterBitsPerKey = 10

    package init() {}
  }

  let handle: DatabaseHandle

  /// Fails with `locked` while the same folder is open anywhere, `missing` where there is none and none may be created,
  /// `corruption` when its files do not agree.
  package init(
    path: String, createIfMissing: Bool, options: Options = Options()
  ) throws(StorageFailure) {
    if createIfMissing { try Database.refuseToCreateOverData(path) }
    let handle = try DatabaseHandle(path: path, createIfMissing: createIfMissing, options)
    // LevelDB leaves the names of a new folder and of its CURRENT file to the next crash.
    try Folder.sync(path, through: .system)
    try Folder.sync(Folder.parent(of: path), through: .system)
    self.handle = handle
  }

  /// Without its CURRENT file LevelDB takes a folder for a new database and deletes the tables it finds there.
  private static func refuseToCreateOverData(_ path: String) throws(StorageFailure) {
    let names: [String]
    do {
      names = try Folder.names(in: path)
    } catch {
      if error.kind == .missing { return }
      throw error
    }
    let data = names.first { $0.hasSuffix(".ldb") || $0.hasSuffix(".sst") || $0.hasSuffix(".log") }
    if let data, !names.contains("CURRENT") {
      throw StorageFailure(.corruption, "\(path) holds \(data) but no file CURRENT")
    }
  }

  /// Applies the batch as a whole or not at all. With `sync` it is durable on return, together with every write before
  /// it that was also synced; a write that was not may be lost alone, so leave `sync` off only for what can be redone.
  package func write(_ batch: borrowing Batch, sync: Bool) throws(StorageFailure) {
    try handle.write(batch.pointer, sync: sync)
  }

  /// The database as it is now, unchanged by later writes.
  package func snapshot() -> Snapshot { Snapshot(handle) }

  /// Bytes on disk, roughly, of the keys with this prefix; recent writes are not counted.
  package func approximateSize(under prefix: [UInt8] = []) -> UInt64 {
    // Beyond every key of the layout, for a prefix without an end of its own.
    let end = StoreKey.end(ofPrefix: prefix) ?? [UInt8](repeating: 0xFF, count: prefix.count + 64)
    var size: UInt64 = 0
    prefix.withCharacters { start, startCount in
      end.withCharacters { limit, limitCount in
        var (start, limit): (UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (start, limit)
        var (startCount, limitCount) = (startCount, limitCount)
        leveldb_approximate_sizes(handle.database, 1, &start, &startCount, &limit, &limitCount, &size)
      }
    }
    return size
  }

  /// One of LevelDB's own figures, such as `leveldb.stats`; nil for a name it does not know.
  package func property(_ name: String) -> String? {
    guard let text = leveldb_property_value(handle.database, name) else { return nil }
    defer { leveldb_free(text) }
    return String(cString: text)
  }

  /// Rewrites all tables without what was deleted or replaced. Takes long and blocks the caller's thread; what fails in
  /// it is reported by the next write.
  package func compact() { leveldb_compact_range(handle.database, nil, 0, nil, 0) }
}

extension Database: StoreReading {
  package func get(_ key: [UInt8]) throws(StorageFailure) -> [UInt8]? { try handle.get(key, handle.reading) }

  package func cursor(fillsCache: Bool) -> Cursor {
    Cursor(handle, DatabaseHandle.readOptions(fillsCache: fillsCache))
  }
}
