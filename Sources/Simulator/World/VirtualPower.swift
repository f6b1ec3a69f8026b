import LedgerStore

/// The supply and the temper of one node's disk, shared by its files and its store: when it fails, everything does.
final class VirtualPower {
  /// The node crashes at this many writes or syncs from now.
  var writesUntilOff: Int?
  private(set) var isOn = true
  /// The next sync fails, once, and what it should have covered stays unsynced.
  var failsNextSync = false
  /// The next write finds no space, once.
  var isFull = false
  /// Planted: a disk, or a shell, that says "synced" and did nothing.
  var liesAboutSync = false

  private var syncFailures = 0
  private var fullFailures = 0
  /// Something went wrong in this life.
  private(set) var hasFailed = false
  /// The power went with the very last call.
  private(set) var failedNow = false

  func restore() {
    isOn = true
    failedNow = false
    hasFailed = false
    calm()
  }

  func calm() {
    writesUntilOff = nil
    failsNextSync = false
    isFull = false
  }

  /// Failed syncs and full disks since the last call.
  func takeFailures() -> (syncs: Int, full: Int) {
    defer { (syncFailures, fullFailures) = (0, 0) }
    return (syncFailures, fullFailures)
  }

  func check(_ path: String) throws(StorageFailure) {
    guard isOn else { throw StorageFailure(.io, "\(path): the power is off") }
  }

  /// Every write, sync and change of a name passes here: each is a place for a crash.
  func spend(_ path: String, _ bytes: Int = 0) throws(StorageFailure) {
    try countDown(path)
    if isFull {
      isFull = false
      fullFailures += 1
      hasFailed = true
      throw StorageFailure(.full, "no space for \(path)")
    }
  }

  func sync(_ path: String) throws(StorageFailure) {
    try countDown(path)
    if failsNextSync {
      failsNextSync = false
      syncFailures += 1
      hasFailed = true
      throw StorageFailure(.io, "sync of \(path) failed")
    }
  }

  private func countDown(_ path: String) throws(StorageFailure) {
    failedNow = false
    try check(path)
    guard let left = writesUntilOff else { return }
    guard left > 0 else {
      isOn = false
      failedNow = true
      hasFailed = true
      writesUntilOff = nil
      throw StorageFailure(.io, "\(path): the power went")
    }
    writesUntilOff = left - 1
  }
}
