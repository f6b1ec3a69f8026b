import Glibc
import LedgerStore
import Testing

@Suite("The lock of a node's home")
struct HomeLockTests {
  @Test("One owner at a time; the next is told which process has it, and gets it afterwards")
  func exclusive() throws {
    let folder = try TemporaryFolder()
    do {
      let lock = try HomeLock(folder: folder.path)
      do {
        _ = try HomeLock(folder: folder.path)
        Issue.record("two owners")
      } catch {
        #expect(error.kind == .locked)
        #expect(error.message.contains("process \(getpid())"))
      }
      #expect(try OnDisk.read(folder[HomeLock.name]) == "\(getpid())\n".bytes)
      _ = consume lock
    }
    _ = try HomeLock(folder: folder.path)
  }

  @Test("The leftover of a dead process does not lock anyone out")
  func leftover() throws {
    let folder = try TemporaryFolder()
    try OnDisk.write("4194304999999\n".bytes, folder[HomeLock.name])
    let lock = try HomeLock(folder: folder.path)
    #expect(try OnDisk.read(folder[HomeLock.name]) == "\(getpid())\n".bytes)
    _ = consume lock
  }

  @Test("A home that is not there is missing")
  func missing() throws {
    let folder = try TemporaryFolder()
    #expect(failure { () throws(StorageFailure) in _ = try HomeLock(folder: folder["nowhere"]) } == .missing)
  }
}
