import Contracts
import Ledger
import LedgerStore
import Sodium

/// C-42: old blocks may go, while the node runs, except those of the last horizon: their documents could be replayed, and
/// whoever begins with a snapshot asks for them. State, history and the ends of epochs always stay, so that everything
/// that is kept can be proved.
extension Chain {
  /// The first height to keep, where `blocks` blocks are to be kept at least.
  func firstKept(_ blocks: UInt64) throws -> UInt64 {
    let head = self.head
    let oldest = max(1, try store.oldestHeight())
    guard head.height > blocks else { return oldest }
    let (span, overflow) = genesis.documentHorizonSeconds.multipliedReportingOverflow(by: 1000)
    guard !overflow else { return oldest }
    // Times never go back: the first block within the horizon, by halving.
    var (low, high) = (oldest, head.height - blocks)
    while low < high {
      let middle = low + (high - low) / 2
      guard let header = try store.finalizedBlock(at: middle)?.block.header else { return oldest }
      if header.time < head.time - span { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Removes what may go, in small batches between which others write; true when there was something to remove. Takes
  /// long: for a thread of its own, and for one at a time.
  package func prune(keeping blocks: UInt64) throws -> Bool {
    let first = try firstKept(blocks)
    let oldest = try store.oldestHeight()
    guard first > max(1, oldest) else { return false }
    let database = store.database
    // What is promised is taken back before anything is gone.
    try database.raise(.oldestHeight, to: first)
    for table in [StoreKey.Table.block, .outcomes, .finalization, .leaf] {
      var pruning = Pruning(table, below: first)
      while pruning.next != nil {
        try pruning.step(in: database, limit: 1_000) { height, bytes throws(StorageFailure) in
          table == .block ? try self.indexes(of: bytes, at: height) : []
        }
      }
      while try pruning.reclaim(in: database) {}
    }
    return true
  }

  /// Where the documents of a block are found, as far as no later document has taken the place.
  private func indexes(of bytes: [UInt8], at height: UInt64) throws(StorageFailure) -> [StoreKey] {
    guard let block = try? Block(cbor: bytes) else {
      throw StorageFailure(.corruption, "the block of height \(height) cannot be read")
    }
    var keys: [StoreKey] = []
    for bytes in block.documents {
      guard let document = try? SignedDocument(bytes) else { continue }
      keys.append(.location(document.id))
      let use = StoreKey.replay(issuer: document.envelope.issuer, jti: document.envelope.jti)
      if let stored = try store.database.get(use), let held = try? JTIUse(cbor: stored), held.height == height {
        keys.append(use)
      }
    }
    return keys
  }
}
