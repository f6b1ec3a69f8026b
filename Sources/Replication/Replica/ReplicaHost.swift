import Consensus
import Contracts
import Ledger
import LedgerStore
import Sodium

/// What surrounds a replica: connections, time, threads. Everything that waits is the host's; the replica itself only
/// computes, and writes its log.
///
/// Peers are small numbers that the host gives, the same for a peer as long as the host lives.
package protocol ReplicaHost: AnyObject {
  func send(_ message: [UInt8], on channel: PeerChannel, to peer: Int)
  func broadcast(_ message: [UInt8], on channel: PeerChannel)
  /// The number of the peer with this transport key, connected or not; nil for this node itself and for strangers.
  func peer(with transportKey: PublicKey) -> Int?
  /// The keys with which this node may vote, as they are on its disk now; none for one that only follows.
  func voteKeys() -> [any VoteSigning]
  /// Calls `Replica.wake` after this time; 0 is soon, but not within this call.
  func wake(_ wake: Replica.Wake, in milliseconds: Int64)
  /// Performs the work beside the replica and hands what it came to to `Replica.finished`. Executions follow each other
  /// in the order in which they came.
  func run(_ work: Replica.Work)
  /// Durable here and final everywhere; execution follows.
  func finalized(_ block: FinalizedBlock, _ documents: [AdmittedDocument])
  func executed(_ head: ChainHead, _ documents: [AdmittedDocument], _ outcomes: [OutcomeRecord])
  /// The node cannot go on: it must end with this failure.
  func stopped(_ failure: NodeFailure)
  /// The store of a snapshot that was begun; nil where there is none.
  func incomingStore() -> (any KeyValueStore)?
  /// A new store for a snapshot, in place of any other; nil where this node takes none.
  func emptyIncomingStore() -> (any KeyValueStore)?
  func log(_ level: LogLevel, _ message: String, _ facts: KeyValuePairs<String, String>)
}

package enum LogLevel: Sendable {
  case info, warning, error, critical
}
