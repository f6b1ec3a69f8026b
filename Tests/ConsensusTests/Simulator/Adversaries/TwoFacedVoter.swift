import Consensus
import Ledger

/// Nullifies what it finalizes, and sends votes for views that nobody will ever reach.
struct TwoFacedVoter: Adversary {
  func rewrite(_ packet: Packet, to peer: Int, in cluster: Cluster) -> [Packet] {
    guard case .message(.vote(let vote)) = packet else { return [packet] }
    let huge = VoteSubject.nullify(view: UInt64.max - UInt64(peer))
    var packets = [packet, .message(.vote(SimulatedKey.vote(huge, by: vote.signer)))]
    if case .finalize(let proposal) = vote.subject {
      packets.append(.message(.vote(SimulatedKey.vote(.nullify(view: proposal.view), by: vote.signer))))
    }
    return packets
  }
}
