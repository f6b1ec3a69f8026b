import Consensus
import Ledger
import Replication

/// Sends old votes again, and others' votes under other names and in other epochs.
final class Replayer: Adversary {
  private var votes: [Vote] = []

  func rewrite(_ parcel: Parcel, to peer: Int, as node: SimulatedNode, in cluster: Cluster) -> [Parcel] {
    switch parcel.message {
    case .vote(let vote): keep(vote)
    case .certificate(let certificate): for vote in certificate.votes { keep(vote) }
    default: break
    }
    return [parcel]
  }

  private func keep(_ vote: Vote) {
    if votes.count > 200 { votes.removeFirst(100) }
    votes.append(vote)
  }

  func act(as node: SimulatedNode, in cluster: Cluster) {
    guard !votes.isEmpty else { return }
    for _ in 0..<4 {
      let vote = cluster.generator.pick(votes)
      var lie = vote
      switch cluster.generator.below(3) {
      case 0: break
      case 1:
        lie = Vote(
          epoch: vote.epoch, signer: (vote.signer + 1) % cluster.validators, subject: vote.subject,
          signature: vote.signature)
      default:
        lie = Vote(epoch: vote.epoch + 1, signer: vote.signer, subject: vote.subject, signature: vote.signature)
      }
      cluster.broadcast(Parcel(.vote(lie)), as: node)
    }
  }
}
