import Consensus
import Ledger
import Sodium

/// A validator that runs the real machine and lies on the wire. One behaviour a file.
protocol Adversary {
  func rewrite(_ packet: Packet, to peer: Int, in cluster: Cluster) -> [Packet]
}
