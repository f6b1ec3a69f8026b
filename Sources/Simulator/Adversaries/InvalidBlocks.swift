import Consensus
import Ledger
import Replication
import Sodium

/// Proposes what no node may accept: another state, another parent, a time before the parent's, documents that are not
/// the header's, a block that stands already, too many documents, a foreign body under a true header.
final class InvalidBlocks: Adversary {
  private var made: [Digest: (view: UInt64, block: Block)] = [:]
  private var earlier: Block?
  private var substitute: [Digest: Block] = [:]
  /// Where a fork leaves the chain.
  private var parentViews: [Digest: UInt64] = [:]

  func rewrite(_ parcel: Parcel, to peer: Int, as node: SimulatedNode, in cluster: Cluster) -> [Parcel] {
    if case .body(let block) = parcel.peerMessage {
      guard block.header.proposer == node.validator else { return [parcel] }
      let lie = substitute[block.digest] ?? fork(block, node, cluster) ?? spoil(block, cluster)
      if substitute.count > 64 { substitute = [:] }
      substitute[block.digest] = lie
      return [Parcel(.body(lie), on: .bodies)]
    }
    guard case .vote(let vote) = parcel.message, case .notarize(let proposal) = vote.subject,
      let lie = substitute[proposal.payload], lie.digest != proposal.payload
    else { return [parcel] }
    let parentView = parentViews[lie.digest] ?? proposal.parentView
    let signed = cluster.sign(
      .notarize(Proposal(view: proposal.view, parentView: parentView, payload: lie.digest)), as: node)
    return signed.map { [Parcel(.vote($0))] } ?? [parcel]
  }

  /// An empty block on the newest one that is executed here, past all that has been notarized since.
  private func fork(_ block: Block, _ node: SimulatedNode, _ cluster: Cluster) -> Block? {
    guard let head = node.head, !head.endsEpoch, head.epoch == block.header.epoch, head.block != block.header.parent,
      cluster.generator.percent(40)
    else { return nil }
    let header = block.header
    let fork = Block(
      header: Header(
        chain: header.chain, epoch: header.epoch, height: head.height + 1, parent: head.block, time: header.time,
        proposer: header.proposer, documentsRoot: Block.documentsRoot([]), evidenceRoot: Block.evidenceRoot([]),
        executed: head.executed, validators: header.validators, nextValidators: header.nextValidators),
      documents: [], evidence: [])
    if parentViews.count > 64 { parentViews = [:] }
    parentViews[fork.digest] = head.view
    return fork
  }

  private func spoil(_ block: Block, _ cluster: Cluster) -> Block {
    defer { earlier = block }
    let header = block.header
    switch cluster.generator.below(9) {
    case 0:
      // A stale root: that of another height.
      let executed = Executed(
        height: header.executed.height, stateRoot: header.parent, historyRoot: header.executed.historyRoot)
      return block.changing(executed: executed)
    case 1: return block.changing(parent: earlier?.digest ?? header.documentsRoot)
    case 2: return block.changing(time: header.time - 3_600_000_000)
    case 3: return block.changing(documentsRoot: header.parent)
    case 4: return earlier ?? block
    case 5: return block.changing(height: header.height + 1)
    case 6:
      // A true header over documents that are not its own.
      return block.changing(documents: block.documents + [cluster.library.orders[0].bytes])
    case 7:
      let many = cluster.library.orders.prefix(80).map(\.bytes)
      return block.changing(documentsRoot: Block.documentsRoot(many), documents: many)
    default:
      // What the door refuses, in a block.
      let wrong = [cluster.library.refused[cluster.generator.below(cluster.library.refused.count)].bytes]
      return block.changing(documentsRoot: Block.documentsRoot(wrong), documents: wrong)
    }
  }
}
