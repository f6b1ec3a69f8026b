import Replication

/// Answers nothing and votes for nothing, to some of its peers.
final class Mute: Adversary {
  func rewrite(_ parcel: Parcel, to peer: Int, as node: SimulatedNode, in cluster: Cluster) -> [Parcel] {
    (peer + node.validator) % 3 == 1 ? [parcel] : []
  }
}
