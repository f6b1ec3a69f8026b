import Consensus
import Ledger
import Sodium

/// What travels between two simulated shells.
enum Packet {
  case message(Message)
  case body(Digest)
  case fetchBody(Digest)
  /// Blocks by height, with their finalizations, after this view.
  case fetchBlocks(after: UInt64)
  case blocks([SimulatedDisk.Batch])

  var kind: VoteKind? {
    switch self {
    case .message(.vote(let vote)): vote.subject.kind
    case .message(.certificate(let certificate)): certificate.kind
    default: nil
    }
  }
}

/// One process: what is lost by a crash is here, what survives it is in `disk`.
struct SimulatedNode {
  let index: Int
  var disk = SimulatedDisk()
  /// Nil while it is down.
  var machine: Machine?
  /// Timers and answers of an earlier life are void.
  var life = 0
  /// Asked for, but without the body.
  var waiting: [Waiting] = []
  /// The floor at the last sync: what it may have told anyone.
  var finalizedAtSync: UInt64 = 0

  struct Waiting {
    let proposal: Proposal
    let parent: Digest
  }
}
