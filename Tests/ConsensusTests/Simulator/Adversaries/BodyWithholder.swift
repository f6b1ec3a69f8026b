import Consensus
import Ledger

/// Gives the body of its proposals to as few peers as will notarize, and serves nothing.
struct BodyWithholder: Adversary {
  func rewrite(_ packet: Packet, to peer: Int, in cluster: Cluster) -> [Packet] {
    switch packet {
    case .body: peer % 3 == 0 ? [] : [packet]
    case .blocks: []
    default: [packet]
    }
  }
}
