import Glibc
import LedgerStore
import Synchronization

/// The files of this machine on a disk that refuses from a chosen call on.
final class UnreliableDisk: FileSystem {
  struct Plan: Sendable {
    /// Bytes that are still taken before writes fail with `code`; a write across the limit is cut short.
    var room = Int.max
    /// Syncs that still succeed.
    var syncs = Int.max
    var code = EIO
    var syncsDone = 0
  }

  private let system = SystemFiles()
  private let plan = Mutex(Plan())

  func change(_ body: (inout Plan) -> Void) { plan.withLock { body(&$0) } }

  var syncsDone: Int { plan.withLock { $0.syncsDone } }

  func open(_ path: String, _ access: FileAccess) throws(StorageFailure) -> any StoredFile {
    UnreliableFile(disk: self, path: path, file: try system.open(path, access))
  }

  func names(in folder: String) throws(StorageFailure) -> [String] { try system.names(in: folder) }

  func createFolder(_ path: String) throws(StorageFailure) { try system.createFolder(path) }

  func remove(_ path: String) throws(StorageFailure) { try system.remove(path) }

  func rename(_ path: String, to name: String) throws(StorageFailure) { try system.rename(path, to: name) }

  func syncFolder(_ path: String) throws(StorageFailure) {
    try allowSync(path)
    try system.syncFolder(path)
  }

  fileprivate func allowSync(_ path: String) throws(StorageFailure) {
    let refusal = plan.withLock { plan -> Int32? in
      plan.syncsDone += 1
      guard plan.syncs > 0 else { return plan.code }
      if plan.syncs != .max { plan.syncs -= 1 }
      return nil
    }
    if let refusal { throw StorageFailure("sync", path, errno: refusal) }
  }

  /// How many of `count` bytes are taken, and why no more.
  fileprivate func take(_ count: Int) -> (taken: Int, code: Int32) {
    plan.withLock { plan in
      let taken = min(plan.room, count)
      if plan.room != .max { plan.room -= taken }
      return (taken, plan.code)
    }
  }
}

private final class UnreliableFile: StoredFile {
  let disk: UnreliableDisk
  let path: String
  let file: any StoredFile

  init(disk: UnreliableDisk, path: String, file: any StoredFile) {
    self.disk = disk
    self.path = path
    self.file = file
  }

  func byteCount() throws(StorageFailure) -> Int { try file.byteCount() }

  func read(_ count: Int) throws(StorageFailure) -> [UInt8] { try file.read(count) }

  func write(_ bytes: [UInt8], at offset: Int) throws(StorageFailure) {
    let (taken, code) = disk.take(bytes.count)
    try file.write(Array(bytes[..<taken]), at: offset)
    if taken < bytes.count { throw StorageFailure("write", path, errno: code) }
  }

  func sync() throws(StorageFailure) {
    try disk.allowSync(path)
    try file.sync()
  }

  func truncate(to count: Int) throws(StorageFailure) { try file.truncate(to: count) }
}
