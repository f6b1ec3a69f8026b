import Contracts
import Ledger
import Replication
import Sodium

/// At equal heights all honest nodes have the same state, history and outcomes, and headers attest no other.
struct StateRoots {
  private struct Height: Equatable {
    let executed: Executed
    let outcomes: UInt64
  }
  private var heights: [UInt64: Height] = [:]
  private var documents: [Digest: UInt64] = [:]

  mutating func record(_ head: ChainHead, _ outcomes: [OutcomeRecord], by node: Int) -> String? {
    let mine = Height(executed: head.executed, outcomes: fingerprint(outcomes.flatMap(\.cbor)))
    guard let held = heights[head.height] else {
      heights[head.height] = mine
      return repeated(outcomes, at: head.height)
    }
    guard held != mine else { return nil }
    let what = held.outcomes == mine.outcomes ? "state" : "outcomes"
    return "node \(node) computed another \(what) at height \(head.height)"
  }

  /// What a finalized header says of an earlier height is what honest nodes computed there.
  func check(_ finalized: FinalizedBlock) -> String? {
    let header = finalized.block.header
    guard let held = heights[header.executed.height], held.executed != header.executed else { return nil }
    return "height \(header.height) attests another state of height \(header.executed.height) than was computed"
  }

  /// No document is executed twice.
  private mutating func repeated(_ outcomes: [OutcomeRecord], at height: UInt64) -> String? {
    for record in outcomes {
      if let earlier = documents.updateValue(height, forKey: record.document) {
        return "document \(record.document) was executed at height \(earlier) and again at \(height)"
      }
    }
    return nil
  }
}
