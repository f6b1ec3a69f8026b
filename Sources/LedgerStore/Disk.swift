import Glibc

/// The calls by which bytes become durable, so that a test can make the disk refuse, and a simulated disk stand in.
/// The write-ahead log and the sign-state file write through these and nothing else.
package struct Disk: Sendable {
  /// Like pwrite: the number of bytes taken, or a negated errno value.
  package var write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int
  /// Makes a file's bytes and length durable: zero, or an errno value.
  package var sync: @Sendable (_ descriptor: Int32) -> Int32
  /// Makes a folder's names durable: zero, or an errno value.
  package var syncFolder: @Sendable (_ descriptor: Int32) -> Int32

  /// The disk of this machine.
  package static let system = Disk(
    write: { descriptor, bytes, offset in
      let count = pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
      return count < 0 ? -Int(errno) : count
    },
    sync: { fdatasync($0) == 0 ? 0 : errno },
    syncFolder: { fsync($0) == 0 ? 0 : errno })

  package init(
    write: @escaping @Sendable (Int32, UnsafeRawBufferPointer, Int) -> Int,
    sync: @escaping @Sendable (Int32) -> Int32,
    syncFolder: @escaping @Sendable (Int32) -> Int32
  ) {
    self.write = write
    self.sync = sync
    self.syncFolder = syncFolder
  }
}
