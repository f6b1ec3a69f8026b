import Contracts
import Ledger
import Sodium

/// Checks a proof of a document and its outcome under a genesis from a source that the caller trusts. No node is
/// needed.
package struct ProofCheck: Sendable, CustomStringConvertible {
  package let document: Digest
  package let outcome: OutcomeRecord
  package let height: UInt64
  package let attestedBy: UInt64
  package let signers: [String]
  package let issuer: String
  package let type: String
  /// The figures: what the document says in the open.
  package let terms: JSON

  package static func parse(_ bytes: [UInt8]) throws -> JSON {
    var limits = JSONLimits()
    limits.bytes = 1 << 20
    do {
      return try JSON.parse(bytes, limits: limits)
    } catch {
      throw ClientError.proof("it is not JSON (\(error.reason.rawValue))")
    }
  }

  /// Beside the proof stands how the validators changed up to the epoch in which the document is attested; nothing for
  /// epoch 0.
  ///
  /// - Parameter id: the document that was asked for; a proof of another one is refused.
  package static func check(
    _ json: JSON, genesis: Genesis, document id: String? = nil
  ) throws -> ProofCheck {
    let epochs = try EpochProof(besideProof: json)
    guard let proof = DocumentProof(json: json) else { throw ClientError.proof("it is not in the form of a proof") }
    let validators: ValidatorSet
    do throws(EpochProof.Broken) {
      validators = try epochs.verify(from: genesis.validators, chain: genesis.chain, to: proof.attestation.epoch)
    } catch {
      throw ClientError.proof("the validators are not proved: \(error)")
    }
    do throws(DocumentProof.Fault) {
      try proof.verify(chain: genesis.chain, validators: validators)
    } catch {
      throw ClientError.proof(error.rawValue)
    }
    guard let signed = try? SignedDocument(proof.document), let outcome = try? OutcomeRecord(cbor: proof.outcome) else {
      throw ClientError.proof("the document or its outcome cannot be read")
    }
    guard signed.id == outcome.document, id == nil || id == "\(signed.id)" else {
      throw ClientError.proof("it proves another document")
    }
    return ProofCheck(
      document: signed.id, outcome: outcome, height: proof.header.height, attestedBy: proof.attestation.height,
      signers: proof.certificate.votes.map { validators.validators[$0.signer].organisation },
      issuer: signed.envelope.issuer, type: signed.envelope.type, terms: signed.envelope.terms)
  }

  package var description: String {
    """
    PROVED  document \(document)
            \(type) of \(issuer), recorded at height \(height)
            outcome \(outcome.outcome.number) \(outcome.outcome.name)\(outcome.pointer.isEmpty ? "" : " at \(outcome.pointer)")
            attested by header \(attestedBy), finalized by \(signers.joined(separator: ", "))
            terms   \(terms.text)
    """
  }
}

extension EpochProof {
  fileprivate init(besideProof json: JSON) throws(ClientError) {
    guard let member = json["epochs"] else {
      self.init()
      return
    }
    guard let bytes = member.string.flatMap({ Base64URL.decode($0) }), let proof = try? EpochProof(cbor: bytes) else {
      throw ClientError.proof("the changes of validators cannot be read")
    }
    self = proof
  }
}
