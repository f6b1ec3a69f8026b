import Glibc

/// Exclusive use of a node's home folder, for as long as this value lives. The kernel drops the lock with the process,
/// so nothing has to be cleaned up after a crash; the file stays, as removing it would let two nodes lock two files.
package struct HomeLock: ~Copyable, Sendable {
  private let file: SystemFile

  /// The lock's name in the folder. It holds the process id of its last owner.
  package static let name = "lock"

  /// Fails with `locked`, naming the process, while another owner lives, in this process or another.
  package init(folder: String) throws(StorageFailure) {
    let path = folder + "/" + HomeLock.name
    let file = try SystemFile(path, .createOrOpen)
    while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      guard errno == EWOULDBLOCK else { throw StorageFailure("lock", path, errno: errno) }
      let owner = String(decoding: try file.read(20).prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self)
      throw StorageFailure(
        .locked, "\(folder) is in use by \(owner.isEmpty ? "another process" : "process \(owner)")")
    }
    try file.truncate(to: 0)
    try file.write(Array("\(getpid())\n".utf8), at: 0)
    self.file = file
  }
}
