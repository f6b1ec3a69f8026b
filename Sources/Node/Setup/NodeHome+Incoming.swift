import Foundation
import LedgerStore
import Replication

extension NodeHome {
  /// A state that was fetched whole takes the place of the ledger. Cut short by a crash, it is done at the next start:
  /// the fetched ledger is there under one of its names until it is the only one.
  func adoptIncoming() throws {
    let files = FileManager.default
    let old = ledger + ".old"
    if files.fileExists(atPath: incoming), try isWhole(incoming) {
      if files.fileExists(atPath: ledger) {
        if files.fileExists(atPath: old) { try files.removeItem(atPath: old) }
        try files.moveItem(atPath: ledger, toPath: old)
      }
      try files.moveItem(atPath: incoming, toPath: ledger)
      try SystemFiles().syncFolder(path)
    }
    if files.fileExists(atPath: old), files.fileExists(atPath: ledger) { try files.removeItem(atPath: old) }
  }

  private func isWhole(_ path: String) throws(StorageFailure) -> Bool {
    try Database(path: path, createIfMissing: false).get(.format) != nil
  }
}
