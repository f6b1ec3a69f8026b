import Consensus
import Ledger
import Replication
import Sodium

/// Answers those who catch up with blocks that do not follow, changed documents, or certificates of other heights; and
/// those who fetch a state with changed values.
final class LyingHistorian: Adversary {
  func rewrite(_ parcel: Parcel, to peer: Int, as node: SimulatedNode, in cluster: Cluster) -> [Parcel] {
    switch parcel.peerMessage {
    case .blocks(let blocks) where !blocks.isEmpty: spoil(blocks, cluster)
    case .chunk(let request, .leaves(let entries)) where !entries.isEmpty:
      [Parcel(.chunk(request, .leaves(spoil(entries, cluster))), on: .bodies)]
    default: [parcel]
    }
  }

  private func spoil(_ entries: [StateEntry], _ cluster: Cluster) -> [StateEntry] {
    var entries = entries
    let place = cluster.generator.below(entries.count)
    let other = entries[cluster.generator.below(entries.count)]
    switch cluster.generator.below(2) {
    case 0 where entries.count > 1: entries.remove(at: place)
    default: entries[place] = StateEntry(key: entries[place].key, value: other.value + [0])
    }
    return entries
  }

  private func spoil(_ honest: [FinalizedBlock], _ cluster: Cluster) -> [Parcel] {
    var blocks = honest
    // Of the last one, nothing that follows tells but its certificate.
    let last = cluster.generator.percent(60)
    let place = last ? blocks.count - 1 : cluster.generator.below(blocks.count)
    let item = blocks[place]
    switch last ? 3 : cluster.generator.below(5) {
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
