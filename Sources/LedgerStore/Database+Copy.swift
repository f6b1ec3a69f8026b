import CLevelDB
import Glibc

extension Database {
  /// How far a copy has come.
  package struct CopyProgress: Equatable, Sendable {
    package var entries = 0
    /// Keys and values.
    package var bytes = 0
  }

  /// Copies the entries under `prefixes` (which should not overlap; all entries by default), as they are now, into a
  /// new database at `path`, while this one goes on. The copy gets its name only when it is whole and durable: until
  /// then it stands beside it with `.part` appended, and what an earlier attempt left there is removed first.
  ///
  /// `progress` is called after each batch. Returns nil, and leaves nothing behind, when it stopped the copy. Fails
  /// with `exists` when something is at `path`.
  package func copy(
    to path: String, under prefixes: [[UInt8]] = [[]], batchBytes: Int = 1 << 20,
    progress: (CopyProgress) -> Walk = { _ in .on }
  ) throws(StorageFailure) -> CopyProgress? {
    guard access(path, F_OK) != 0 else { throw StorageFailure("copy to", path, errno: EEXIST) }
    let part = path + ".part"
    try Database.remove(part)
    guard let copied = try snapshot().fill(part, prefixes, batchBytes, progress) else {
      try Database.remove(part)
      return nil
    }
    let files = SystemFiles()
    try files.rename(part, to: path)
    try files.syncFolder(files.folder(of: path))
    return copied
  }

  /// Removes the files of a database that nobody has open, and no others.
  private static func remove(_ path: String) throws(StorageFailure) {
    let options = leveldb_options_create()!
    defer { leveldb_options_destroy(options) }
    try reporting { leveldb_destroy_db(options, path, $0) }
  }
}

extension StoreReading {
  fileprivate func fill(
    _ path: String, _ prefixes: [[UInt8]], _ batchBytes: Int, _ progress: (Database.CopyProgress) -> Walk
  ) throws(StorageFailure) -> Database.CopyProgress? {
    let target = try Database(path: path, createIfMissing: true)
    var batch = Batch()
    var copied = Database.CopyProgress()
    var walk = Walk.on
    for prefix in prefixes where walk == .on {
      try forEach(under: prefix, fillsCache: false) { key, value throws(StorageFailure) in
        batch.put(key, value)
        copied.entries += 1
        copied.bytes += key.count + value.count
        guard batch.byteCount >= batchBytes else { return .on }
        try target.write(batch, sync: true)
        batch.clear()
        walk = progress(copied)
        return walk
      }
    }
    guard walk == .on else { return nil }
    try target.write(batch, sync: true)
    return progress(copied) == .on ? copied : nil
  }
}
