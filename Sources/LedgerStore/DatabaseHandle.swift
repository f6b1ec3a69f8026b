import CLevelDB
import Synchronization

/// Owns an open LevelDB and what LevelDB borrows from its opener. Databases, snapshots and cursors share it, so that
/// none of them can outlive it: the files are closed, and their lock dropped, when the last of these is gone.
///
/// Unchecked, because LevelDB documents its handle as safe for concurrent use; the pointers never change.
final class DatabaseHandle: @unchecked Sendable {
  let database: OpaquePointer
  /// For reads of the latest values.
  let reading: OpaquePointer
  private let options: OpaquePointer
  private let cache: OpaquePointer
  private let filter: OpaquePointer
  /// The first failed write. LevelDB would go on after a half-written log record, and then lose what follows it.
  private let failure = Mutex<StorageFailure?>(nil)

  init(path: String, createIfMissing: Bool, _ parameters: Database.Options) throws(StorageFailure) {
    let options = leveldb_options_create()!
    let cache = leveldb_cache_create_lru(parameters.cacheBytes)!
    let filter = leveldb_filterpolicy_create_bloom(Int32(parameters.filterBitsPerKey))!
    leveldb_options_set_create_if_missing(options, createIfMissing ? 1 : 0)
    leveldb_options_set_paranoid_checks(options, 1)
    leveldb_options_set_cache(options, cache)
    leveldb_options_set_filter_policy(options, filter)
    leveldb_options_set_write_buffer_size(options, parameters.writeBufferBytes)
    leveldb_options_set_max_open_files(options, Int32(parameters.openFiles))
    leveldb_options_set_compression(options, Int32(leveldb_snappy_compression))
    do {
      let opened = try reporting { leveldb_open(options, path, $0) }
      database = opened!
    } catch {
      leveldb_options_destroy(options)
      leveldb_cache_destroy(cache)
      leveldb_filterpolicy_destroy(filter)
      throw error
    }
    reading = DatabaseHandle.readOptions()
    self.options = options
    self.cache = cache
    self.filter = filter
  }

  deinit {
    leveldb_close(database)
    leveldb_readoptions_destroy(reading)
    leveldb_options_destroy(options)
    leveldb_cache_destroy(cache)
    leveldb_filterpolicy_destroy(filter)
  }

  func write(_ batch: Batch, sync: Bool) throws(StorageFailure) {
    if let first = failure.withLock({ $0 }) {
      throw StorageFailure(
        first.kind, "the database takes no writes since one failed (\(first.message))", advice: "Restart the node")
    }
    let changes = leveldb_writebatch_create()!
    defer { leveldb_writebatch_destroy(changes) }
    for operation in batch.operations {
      switch operation {
      case .put(let key, let value):
        key.withCharacters { key, keyCount in
          value.withCharacters { leveldb_writebatch_put(changes, key, keyCount, $0, $1) }
        }
      case .delete(let key): key.withCharacters { leveldb_writebatch_delete(changes, $0, $1) }
      }
    }
    let options = leveldb_writeoptions_create()!
    defer { leveldb_writeoptions_destroy(options) }
    leveldb_writeoptions_set_sync(options, sync ? 1 : 0)
    do {
      try reporting { leveldb_write(database, options, changes, $0) }
    } catch {
      failure.withLock { if $0 == nil { $0 = error } }
      throw error
    }
  }

  func get(_ key: [UInt8], _ options: OpaquePointer) throws(StorageFailure) -> [UInt8]? {
    var count = 0
    let found = try reporting { error in
      key.withCharacters { leveldb_get(database, options, $0, $1, &count, error) }
    }
    guard let found else { return nil }
    defer { leveldb_free(found) }
    return Array(UnsafeRawBufferPointer(start: found, count: count))
  }

  /// The caller destroys what it gets.
  static func readOptions(snapshot: OpaquePointer? = nil, fillsCache: Bool = true) -> OpaquePointer {
    let options = leveldb_readoptions_create()!
    leveldb_readoptions_set_verify_checksums(options, 1)
    leveldb_readoptions_set_fill_cache(options, fillsCache ? 1 : 0)
    if let snapshot { leveldb_readoptions_set_snapshot(options, snapshot) }
    return options
  }
}

/// Makes a call that may leave an error text behind, frees the text, and throws what it said.
@discardableResult
func reporting<R>(
  _ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
) throws(StorageFailure) -> R {
  var text: UnsafeMutablePointer<CChar>?
  let result = call(&text)
  guard let text else { return result }
  defer { leveldb_free(text) }
  throw StorageFailure(reportedByDatabase: String(cString: text))
}

extension [UInt8] {
  /// Pointer and length as LevelDB takes them. The pointer is never null, which LevelDB's contract asks for.
  func withCharacters<R>(_ body: (UnsafePointer<CChar>, Int) -> R) -> R {
    withUnsafeBytes { buffer in
      if let base = buffer.baseAddress { return body(base.assumingMemoryBound(to: CChar.self), buffer.count) }
      var nothing: CChar = 0
      return body(&nothing, 0)
    }
  }
}
