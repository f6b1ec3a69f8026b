import Replication

/// Sends bytes that are nearly right.
final class Garbler: Adversary {
  func rewrite(_ parcel: Parcel, to peer: Int, as node: SimulatedNode, in cluster: Cluster) -> [Parcel] {
    guard cluster.generator.percent(30), !parcel.bytes.isEmpty else { return [parcel] }
    var lie = parcel
    switch cluster.generator.below(3) {
    case 0: lie.bytes[cluster.generator.below(lie.bytes.count)] ^= 1 << UInt8(cluster.generator.below(8))
    case 1: lie.bytes.removeLast(cluster.generator.below(lie.bytes.count))
    default: lie.bytes.append(UInt8(cluster.generator.below(256)))
    }
    return [lie]
  }
}
