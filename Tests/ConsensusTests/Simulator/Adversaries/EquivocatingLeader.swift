import Consensus
import Ledger
import Sodium

/// Proposes one block to some and another to the rest, and votes for both.
struct EquivocatingLeader: Adversary {
  func rewrite(_ packet: Packet, to peer: Int, in cluster: Cluster) -> [Packet] {
    guard peer % 2 == 0, case .message(.vote(let vote)) = packet, case .notarize(let proposal) = vote.subject,
      vote.signer == cluster.validators.leader(of: proposal.view), let block = cluster.blocks[proposal.payload]
    else { return [packet] }
    let twin = proposal.payload.withUnsafeBytes { bytes in Digest(bytes.reversed())! }
    cluster.blocks[twin] = block
    let other = Proposal(view: proposal.view, parentView: proposal.parentView, payload: twin)
    let lie = Packet.message(.vote(SimulatedKey.vote(.notarize(other), by: vote.signer)))
    return cluster.generator.percent(30) ? [.body(twin), lie, packet] : [.body(twin), lie]
  }
}
