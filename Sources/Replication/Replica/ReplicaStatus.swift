import Consensus
import Ledger

/// What a replica can tell of itself at one moment.
package struct ReplicaStatus: Sendable {
  package struct Peer: Sendable {
    package let status: PeerStatus
    /// How far its clock was ahead of this node's when it spoke, in milliseconds, the way of the message not counted.
    package let clockOffset: Int64
  }

  package let epoch: Epoch
  package let standing: Machine.Standing
  package let voting: Machine.Voting
  package let finalizedHeight: UInt64
  package let peers: [Int: Peer]
  /// Waits for a block.
  package let evidence: [Evidence]
  /// The height of the newest state that this node gives away.
  package let snapshot: UInt64?
  /// The state that it fetches, and how much of it has come.
  package let fetching: (height: UInt64, millionths: Int)?

  package init(_ replica: Replica) {
    epoch = replica.epoch
    standing = replica.machine.standing
    voting = replica.machine.voting
    finalizedHeight = replica.queuedHeight
    peers = replica.peerStatus.mapValues { Peer(status: $0.status, clockOffset: $0.clockOffset) }
    evidence = replica.evidencePool.waiting
    snapshot = replica.snapshots.newest?.manifest.height
    fetching = replica.syncing.sync.map { ($0.height, $0.download.millionths) }
  }
}
