import Consensus
import Ledger
import Replication
import Sodium

/// Makes certificates that nobody voted for: its own signature in several places, too few signers, another subject. Accuses others by votes
/// that they have not signed.
final class Forger: Adversary {
  func act(as node: SimulatedNode, in cluster: Cluster) {
    guard let (validators, place) = cluster.seat(node), let machine = node.life?.replica.machine else { return }
    let view = machine.currentView + UInt64(cluster.generator.below(3))
    let proposal = Proposal(view: view, parentView: machine.finalizedView, payload: machine.floor.payload)
    guard view > machine.finalizedView else { return }
    let subjects: [VoteSubject] = [.nullify(view: view), .notarize(proposal), .finalize(proposal)]
    let subject = cluster.generator.pick(subjects)
    guard let own = cluster.sign(subject, as: node) else { return }
    var signers: UInt32 = 1 << UInt32(place)
    var signatures = [own.signature]
    let wanted = cluster.generator.percent(50) ? validators.quorum : validators.quorum - 1
    for other in 0..<validators.count where other != place && signatures.count < wanted {
      signers |= 1 << UInt32(other)
      signatures.append(own.signature)
    }
    let lie = Certificate(epoch: validators.epoch, subject: subject, signers: signers, signatures: signatures)
    cluster.broadcast(Parcel(.certificate(lie)), as: node)

    let accused = (place + 1) % validators.count
    let votes = [VoteSubject.nullify(view: view), .finalize(proposal)].map {
      Vote(epoch: validators.epoch, signer: accused, subject: $0, signature: own.signature)
    }
    if let evidence = Evidence(votes[0], votes[1]) {
      cluster.broadcast(Parcel(.evidence([evidence]), on: .control), as: node)
    }
  }
}
