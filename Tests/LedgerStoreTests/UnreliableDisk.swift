import Glibc
import LedgerStore
import Synchronization

/// A disk that refuses from a chosen call on.
final class UnreliableDisk: Sendable {
  struct Plan: Sendable {
    /// Bytes that are still taken before writes fail with `code`; a write across the limit is cut short.
    var room = Int.max
    /// Syncs that still succeed.
    var syncs = Int.max
    var code = EIO
    var syncsDone = 0
  }

  let plan = Mutex(Plan())

  func change(_ body: (inout Plan) -> Void) { plan.withLock { body(&$0) } }

  var syncsDone: Int { plan.withLock { $0.syncsDone } }

  var disk: Disk {
    Disk(
      write: { [self] descriptor, bytes, offset in
        let taken = plan.withLock { min($0.room, bytes.count) }
        if taken == 0 { return plan.withLock { -Int($0.code) } }
        let count = Disk.system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<taken]), offset)
        plan.withLock { if $0.room != .max { $0.room -= count } }
        return count
      },
      sync: { [self] in allow() ? Disk.system.sync($0) : plan.withLock { $0.code } },
      syncFolder: { [self] in allow() ? Disk.system.syncFolder($0) : plan.withLock { $0.code } })
  }

  private func allow() -> Bool {
    plan.withLock { plan in
      plan.syncsDone += 1
      guard plan.syncs > 0 else { return false }
      if plan.syncs != .max { plan.syncs -= 1 }
      return true
    }
  }
}
