import Consensus
import Ledger
import Replication
import Sodium

/// Proposes two blocks in its views: half of the peers hear of a twin that differs in its time alone.
final class EquivocatingLeader: Adversary {
  private var twins: [Digest: Block] = [:]

  func rewrite(_ parcel: Parcel, to peer: Int, as node: SimulatedNode, in cluster: Cluster) -> [Parcel] {
    guard peer % 2 == 0 else { return [parcel] }
    if case .body(let block) = parcel.peerMessage, block.header.proposer == node.validator {
      let twin = block.changing(time: block.header.time + 1)
      if twins.count > 64 { twins = [:] }
      twins[block.digest] = twin
      let lie = Parcel(.body(twin), on: .bodies)
      return cluster.generator.percent(30) ? [parcel, lie] : [lie]
    }
    guard case .vote(let vote) = parcel.message, let proposal = vote.subject.proposal,
      let twin = twins[proposal.payload]
    else { return [parcel] }
    let other = Proposal(view: proposal.view, parentView: proposal.parentView, payload: twin.digest)
    let subject: VoteSubject = vote.subject.kind == .notarize ? .notarize(other) : .finalize(other)
    guard let lie = cluster.sign(subject, as: node) else { return [parcel] }
    return cluster.generator.percent(30) ? [Parcel(.vote(lie)), parcel] : [Parcel(.vote(lie))]
  }
}

extension Block {
  /// The same block with other members of its header.
  func changing(
    height: UInt64? = nil, parent: Digest? = nil, time: Int64? = nil, documentsRoot: Digest? = nil,
    executed: Executed? = nil, documents: [[UInt8]]? = nil
  ) -> Block {
    Block(
      header: Header(
        chain: header.chain, epoch: header.epoch, height: height ?? header.height, parent: parent ?? header.parent,
        time: time ?? header.time, proposer: header.proposer, documentsRoot: documentsRoot ?? header.documentsRoot,
        evidenceRoot: header.evidenceRoot, executed: executed ?? header.executed, validators: header.validators,
        nextValidators: header.nextValidators),
      documents: documents ?? self.documents, evidence: evidence)
  }
}
