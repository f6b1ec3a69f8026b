import Ledger
import Replication
import Sodium

/// No two honest nodes finalize or execute different blocks at one height, and each block stands on the one before it.
struct Agreement {
  private var blocks: [UInt64: Digest] = [:]
  private var parents: [UInt64: Digest] = [:]
  private(set) var height: UInt64 = 0

  mutating func record(_ finalized: FinalizedBlock, by node: Int) -> String? {
    let header = finalized.block.header
    parents[header.height] = header.parent
    return record(header.digest, at: header.height, by: node)
  }

  mutating func record(_ digest: Digest, at height: UInt64, by node: Int) -> String? {
    if let held = blocks.updateValue(digest, forKey: height), held != digest {
      return "node \(node) has \(digest) at height \(height), others \(held)"
    }
    self.height = max(self.height, height)
    if let below = blocks[height &- 1], let parent = parents[height], parent != below {
      return "height \(height) stands on \(parent), below it is \(below)"
    }
    if let above = parents[height + 1], above != digest {
      return "height \(height + 1) stands on \(above), below it is \(digest)"
    }
    return nil
  }
}
