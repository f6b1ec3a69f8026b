import Sodium

/// One piece of evidence as people hand it around: to the board, to a regulator, to a court. Whoever trusts a genesis,
/// or the validators of the evidence's epoch, can check it without a node.
package struct EvidenceFile: Equatable, Sendable {
  package let chain: Digest
  package let evidence: Evidence
  /// Those of the evidence's epoch, as the file's writer knows them.
  package let validators: ValidatorSet
  /// From the genesis to these validators: no link in epoch 0. Where it is missing, a checker brings the validators.
  package let epochs: EpochProof?

  package enum Fault: String, Error, Sendable {
    case otherChain
    case epochNotProved
    case otherValidators
    case signatureInvalid
  }

  /// Nil when the evidence is of another epoch than the validators, or names none of them.
  package init?(chain: Digest, evidence: Evidence, validators: ValidatorSet, epochs: EpochProof? = nil) {
    guard validators.epoch == evidence.epoch, validators.validators.indices.contains(evidence.signer) else {
      return nil
    }
    self.chain = chain
    self.evidence = evidence
    self.validators = validators
    self.epochs = epochs
  }

  /// Who is accused.
  package var organisation: String { validators.validators[evidence.signer].organisation }

  /// Proves that the key of `organisation` signed both votes, under the chain and the validators of that epoch
  /// that the caller trusts.
  package func verify(
    chain: Digest, validators: ValidatorSet, checking: any SignatureChecking = Ed25519Signatures()
  ) throws(Fault) {
    guard self.chain == chain else { throw .otherChain }
    guard self.validators == validators else { throw .otherValidators }
    guard evidence.isValid(for: validators, chain: chain, checking: checking) else { throw .signatureInvalid }
  }

  /// The same for whoever has only the genesis: its validators, and then the file's own proof of each later epoch's.
  package func verify(
    chain: Digest, genesis: ValidatorSet, checking: any SignatureChecking = Ed25519Signatures()
  ) throws(Fault) {
    guard self.chain == chain else { throw .otherChain }
    let links = epochs ?? EpochProof(links: [])
    let proved: ValidatorSet
    do throws(EpochProof.Broken) {
      proved = try links.verify(from: genesis, chain: chain, to: evidence.epoch, checking: checking)
    } catch {
      throw .epochNotProved
    }
    try verify(chain: chain, validators: proved, checking: checking)
  }

  package var json: JSON {
    [
      "chain": .string("\(chain)"), "epoch": .number(evidence.epoch), "view": .number(evidence.view),
      "signer": .integer(Int64(evidence.signer)), "organisation": .string(organisation),
      "offence": .string(evidence.title), "votes": [evidence.first.json, evidence.second.json],
      "validators": .string(Base64URL.encode(validators.cbor)),
      "epochs": epochs.map { .string(Base64URL.encode($0.cbor)) } ?? .null,
    ]
  }

  /// Nil unless everything is there (`epochs` may be null) and what is shown to people is what the votes say. Other
  /// members are allowed.
  package init?(json: JSON) {
    func value<T: CBORCodable>(_ json: JSON?) -> T? {
      json?.string.flatMap { Base64URL.decode($0) }.flatMap { try? T(cbor: $0) }
    }
    guard let chain = json["chain"]?.string.flatMap({ Digest(hexadecimal: $0) }),
      let votes = json["votes"]?.array, votes.count == 2,
      let first: Vote = value(votes[0]["cbor"]), let second: Vote = value(votes[1]["cbor"]),
      let evidence = Evidence(first, second), evidence.first == first,
      let validators: ValidatorSet = value(json["validators"])
    else { return nil }
    self.init(chain: chain, evidence: evidence, validators: validators, epochs: value(json["epochs"]))
    guard case .object(let shown) = self.json, shown.allSatisfy({ json[$0.name] == $0.value }) else { return nil }
  }
}

extension Evidence {
  package var title: String {
    switch (first.subject.kind, second.subject.kind) {
    case (.notarize, _): "notarized two blocks"
    case (.finalize, _): "finalized two blocks"
    case (.nullify, _): "nullified the view and finalized a block in it"
    }
  }
}

extension Vote {
  fileprivate var json: JSON {
    var members: [JSON.Member] = [.init("kind", .string("\(subject.kind)"))]
    if let proposal = subject.proposal {
      members.append(.init("block", .string("\(proposal.payload)")))
      members.append(.init("parentView", .number(proposal.parentView)))
    }
    members.append(.init("cbor", .string(Base64URL.encode(cbor))))
    return .object(members)
  }
}

extension JSON {
  /// As far as JSON's integers go (RFC 7493 §2.2): a vote may name any view.
  fileprivate static func number(_ value: UInt64) -> JSON { .integer(Int64(min(value, 1 << 53 - 1))) }
}
