import Consensus
import Replication

/// Gives the body of its blocks to as few peers as will notarize it, and serves nothing.
final class BodyWithholder: Adversary {
  func rewrite(_ parcel: Parcel, to peer: Int, as node: SimulatedNode, in cluster: Cluster) -> [Parcel] {
    switch parcel.peerMessage {
    case .body: peer % 3 == 0 ? [] : [parcel]
    case .blocks: []
    default: [parcel]
    }
  }
}
