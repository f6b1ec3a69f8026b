import CLevelDB

/// The database as it was at one moment, while this lives. It holds the database open.
///
/// Unchecked, because LevelDB allows reads through a snapshot, and its release, on any thread; the pointers never
/// change.
final class Snapshot: StoreReading, @unchecked Sendable {
  private let handle: DatabaseHandle
  private let pointer: OpaquePointer
  private let options: OpaquePointer

  init(_ handle: DatabaseHandle) {
    self.handle = handle
    pointer = leveldb_create_snapshot(handle.database)
    options = DatabaseHandle.readOptions(snapshot: pointer)
  }

  deinit {
    leveldb_readoptions_destroy(options)
    leveldb_release_snapshot(handle.database, pointer)
  }

  func get(_ key: [UInt8]) throws(StorageFailure) -> [UInt8]? { try handle.get(key, options) }

  func walk(
    from key: [UInt8], backwards: Bool, fillsCache: Bool,
    _ body: (_ key: [UInt8], _ value: [UInt8]) throws(StorageFailure) -> Walk
  ) throws(StorageFailure) {
    var cursor = Cursor(handle, DatabaseHandle.readOptions(snapshot: pointer, fillsCache: fillsCache))
    try cursor.walk(from: key, backwards: backwards, body)
  }
}
