import Consensus
import Ledger
import Replication
import Sodium

/// Answers those who catch up with blocks that do not follow, changed documents, or certificates of other heights.
final class LyingHistorian: Adversary {
  func rewrite(_ parcel: Parcel, to peer: Int, as node: SimulatedNode, in cluster: Cluster) -> [Parcel] {
    guard case .blocks(var blocks) = parcel.peerMessage, !blocks.isEmpty else { return [parcel] }
    let place = cluster.generator.below(blocks.count)
    let item = blocks[place]
    switch cluster.generator.below(5) {
    case 0: blocks.remove(at: place)
    case 1: blocks.reverse()
    case 2:
      let lie = item.block.changing(documents: [cluster.library.orders[0].bytes])
      blocks[place] = FinalizedBlock(block: lie, finality: item.finality)
    case 3:
      let lie = item.block.changing(time: item.block.header.time + 1)
      let proposal = Proposal(
        view: item.finality.proposal.view, parentView: item.finality.proposal.parentView, payload: lie.digest)
      blocks[place] = FinalizedBlock(
        block: lie, finality: Finality(proposal: proposal, certificate: item.finality.certificate))
    default:
      let other = blocks[cluster.generator.below(blocks.count)].finality.certificate
      blocks[blocks.count - 1] = FinalizedBlock(
        block: blocks[blocks.count - 1].block,
        finality: Finality(proposal: blocks[blocks.count - 1].finality.proposal, certificate: other))
    }
    return [Parcel(.blocks(blocks), on: .bodies)]
  }
}
