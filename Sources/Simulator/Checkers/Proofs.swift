import Ledger
import Replication
import Sodium

/// Every proof that a node serves verifies by itself, and what is attested has one.
struct Proofs {
  private(set) var made = 0

  mutating func check(
    _ document: Digest, at node: SimulatedNode, _ cluster: Cluster, isDue: Bool
  ) -> String? {
    guard let chain = node.life?.chain, node.power.isOn, !node.isFrail else { return nil }
    do {
      guard let proof = try ProofDesk(chain).proof(of: document) else {
        let height = cluster.clients.executed[document] ?? .max
        guard isDue, height >= (try chain.store.oldestHeight()), chain.head.provable >= height else { return nil }
        return "node \(node.index) has no proof of \(document), executed and attested at height \(height)"
      }
      guard let validators = cluster.validators(of: proof.attestation.epoch) else { return nil }
      made += 1
      guard proof.certificate.isValid(for: validators, chain: chain.genesis.chain, checking: KeyedHashes()) else {
        return "the proof of \(document) by node \(node.index) has a wrong certificate"
      }
      try proof.reallySigned(validators, chain.genesis.chain).verify(
        chain: chain.genesis.chain, validators: validators)
    } catch {
      return "the proof of \(document) by node \(node.index): \(error)"
    }
    return nil
  }
}

extension DocumentProof {
  /// The same proof with the validators' real signatures in place of keyed hashes: the verifier of documents takes no
  /// others.
  fileprivate func reallySigned(_ validators: ValidatorSet, _ chain: Digest) -> DocumentProof {
    let message = certificate.subject.signingBytes(chain: chain, epoch: certificate.epoch)
    let signatures = certificate.votes.map { vote in
      Cast.voteKey(of: validators.validators[vote.signer].voteKey).sign(message)
    }
    return DocumentProof(
      document: document, header: header, inBlock: inBlock, outcome: outcome, inOutcomes: inOutcomes, leaf: leaf,
      inHistory: inHistory, attestation: attestation,
      certificate: Certificate(
        epoch: certificate.epoch, subject: certificate.subject, signers: certificate.signers, signatures: signatures))
  }
}
