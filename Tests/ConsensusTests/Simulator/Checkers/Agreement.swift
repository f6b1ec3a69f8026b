import Consensus
import Ledger
import Sodium

/// No two honest nodes finalize different blocks at one height, and each chain grows by extending itself.
struct Agreement {
  private(set) var chain: [Proposal] = []

  mutating func record(_ batch: SimulatedDisk.Batch, after floor: Machine.Floor, height: Int, by node: Int) -> String? {
    var height = height
    var parent = floor.view
    for block in batch.blocks {
      guard block.parentView == parent else {
        return "\(node) finalized view \(block.view) not on its own tip \(parent)"
      }
      parent = block.view
      if height == chain.count {
        chain.append(block)
      } else if height > chain.count {
        return "\(node) finalized height \(height) before anyone finalized \(chain.count)"
      } else if chain[height] != block {
        return "\(node) finalized \(block) at height \(height), others \(chain[height])"
      }
      height += 1
    }
    guard batch.finalization.subject == .finalize(batch.blocks.last!) else { return "\(node): wrong finalization" }
    return nil
  }
}
