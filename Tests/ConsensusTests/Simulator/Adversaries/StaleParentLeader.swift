import Consensus
import Ledger
import Sodium

/// Proposes on its grandparent, as if the parent had never been: C-4 must refuse it wherever the parent may be final.
struct StaleParentLeader: Adversary {
  func rewrite(_ packet: Packet, to peer: Int, in cluster: Cluster) -> [Packet] {
    guard case .message(.vote(let vote)) = packet, case .notarize(let proposal) = vote.subject,
      vote.signer == cluster.validators.leader(of: proposal.view), let block = cluster.blocks[proposal.payload],
      let parent = cluster.blocks[block.parent]
    else { return [packet] }
    let twin = proposal.payload.withUnsafeBytes { bytes in Digest(bytes.reversed())! }
    cluster.blocks[twin] = Cluster.Block(parentView: parent.parentView, parent: parent.parent, isValid: true)
    let stale = Proposal(view: proposal.view, parentView: parent.parentView, payload: twin)
    return [.body(twin), .message(.vote(SimulatedKey.vote(.notarize(stale), by: vote.signer)))]
  }
}
