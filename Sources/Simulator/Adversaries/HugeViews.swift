import Consensus
import Ledger
import Replication

/// Votes for views that nobody will ever reach, and asks for everything.
final class HugeViews: Adversary {
  func act(as node: SimulatedNode, in cluster: Cluster) {
    guard let view = node.life?.replica.machine.currentView else { return }
    let far = [view + 2, view + 1_000, UInt64.max / 2 - 1, UInt64.max - 1, UInt64.max]
    let proposal = Proposal(
      view: cluster.generator.pick(far), parentView: view, payload: cluster.library.genesis.chain)
    let subjects: [VoteSubject] = [.nullify(view: proposal.view), .notarize(proposal), .finalize(proposal)]
    if let vote = cluster.sign(cluster.generator.pick(subjects), as: node) {
      cluster.broadcast(Parcel(.vote(vote)), as: node)
    }
    cluster.broadcast(Parcel(.fetch(views: (0..<16).map { UInt64($0) &* 7 })), as: node)
    cluster.broadcast(Parcel(.fetchBlocks(from: cluster.generator.next()), on: .control), as: node)
  }
}
