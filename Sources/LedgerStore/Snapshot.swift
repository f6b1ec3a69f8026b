import CLevelDB

/// The database as it was at one moment, while this value lives. Old values stay on disk for it, so drop it soon.
///
/// Unchecked, because LevelDB allows reads through a snapshot, and its release, on any thread; the pointers never
/// change.
package struct Snapshot: ~Copyable, @unchecked Sendable {
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
}

extension Snapshot: StoreReading {
  package func get(_ key: [UInt8]) throws(StorageFailure) -> [UInt8]? { try handle.get(key, options) }

  package func cursor(fillsCache: Bool) -> Cursor {
    Cursor(handle, DatabaseHandle.readOptions(snapshot: pointer, fillsCache: fillsCache))
  }
}
