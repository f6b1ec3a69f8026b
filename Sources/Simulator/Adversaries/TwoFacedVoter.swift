import Consensus
import Ledger
import Replication

/// Nullifies what it finalizes, finalizes what it nullifies, and tells each half of its peers another thing.
final class TwoFacedVoter: Adversary {
  func rewrite(_ parcel: Parcel, to peer: Int, as node: SimulatedNode, in cluster: Cluster) -> [Parcel] {
    guard case .vote(let vote) = parcel.message, cluster.generator.percent(70) else { return [parcel] }
    let lie: Vote?
    switch vote.subject {
    case .finalize(let proposal): lie = cluster.sign(.nullify(view: proposal.view), as: node)
    case .notarize(let proposal): lie = cluster.sign(.finalize(proposal), as: node)
    case .nullify: lie = nil
    }
    guard let lie else { return [parcel] }
    return peer % 2 == 0 ? [Parcel(.vote(lie))] : [parcel, Parcel(.vote(lie))]
  }
}
