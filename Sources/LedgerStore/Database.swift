import CLevelDB

/// LevelDB in a folder. Every checksum is verified on every read; a failed write closes the database to further writes
/// until it is reopened. Copies share one open database, which is closed with the last of them and of its snapshots.
package struct Database: Sendable {
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
    let files = SystemFiles()
    try files.syncFolder(path)
    try files.syncFolder(files.folder(of: path))
    self.handle = handle
  }

  /// Without its CURRENT file LevelDB takes a folder for a new database and deletes the tables it finds there.
  private static func refuseToCreateOverData(_ path: String) throws(StorageFailure) {
    let names: [String]
    do {
      names = try SystemFiles().names(in: path)
    } catch {
      if error.kind == .missing { return }
      throw error
    }
    let data = names.first { $0.hasSuffix(".ldb") || $0.hasSuffix(".sst") || $0.hasSuffix(".log") }
    if let data, !names.contains("CURRENT") {
      throw StorageFailure(.corruption, "\(path) holds \(data) but no file CURRENT")
    }
  }

  /// One of LevelDB's own figures, such as `leveldb.stats`; nil for a name it does not know.
  package func property(_ name: String) -> String? {
    guard let text = leveldb_property_value(handle.database, name) else { return nil }
    defer { leveldb_free(text) }
    return String(cString: text)
  }

  /// Everything, as `compact(from:to:)`.
  package func compact() { leveldb_compact_range(handle.database, nil, 0, nil, 0) }
}

extension Database: KeyValueStore {
  package func get(_ key: [UInt8]) throws(StorageFailure) -> [UInt8]? { try handle.get(key, handle.reading) }

  package func walk(
    from key: [UInt8], backwards: Bool, fillsCache: Bool,
    _ body: (_ key: [UInt8], _ value: [UInt8]) throws(StorageFailure) -> Walk
  ) throws(StorageFailure) {
    var cursor = Cursor(handle, DatabaseHandle.readOptions(fillsCache: fillsCache))
    try cursor.walk(from: key, backwards: backwards, body)
  }

  package func write(_ batch: Batch, sync: Bool) throws(StorageFailure) { try handle.write(batch, sync: sync) }

  package func snapshot() -> any StoreReading { Snapshot(handle) }

  package func compact(from start: [UInt8], to end: [UInt8]) {
    start.withCharacters { start, startCount in
      end.withCharacters { leveldb_compact_range(handle.database, start, startCount, $0, $1) }
    }
  }

  package func approximateSize(under prefix: [UInt8]) -> UInt64 {
    var size: UInt64 = 0
    prefix.withCharacters { start, startCount in
      StoreKey.limit(ofPrefix: prefix).withCharacters { limit, limitCount in
        var (start, limit): (UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (start, limit)
        var (startCount, limitCount) = (startCount, limitCount)
        leveldb_approximate_sizes(handle.database, 1, &start, &startCount, &limit, &limitCount, &size)
      }
    }
    return size
  }
}
