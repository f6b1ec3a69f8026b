import Sodium

/// Everything that proves a document and its outcome to someone who has only the network's validators: no node is
/// needed.
///
/// document → documents root of its block's header → leaf of the history, with the outcome → history root in a later
/// header → that header's finalization by q validators of its epoch (P-3), to whom an `EpochProof` leads from those of the
/// genesis (P-5).
package struct DocumentProof: Equatable, Sendable {
  /// The exact compact JWS.
  package let document: [UInt8]
  /// Of the block that holds the document.
  package let header: Header
  package let inBlock: InclusionProof
  /// The outcome record's CBOR: document id, number, pointer.
  package let outcome: [UInt8]
  package let inOutcomes: InclusionProof
  package let leaf: HistoryLeaf
  package let inHistory: InclusionProof
  /// A later header that attests the history.
  package let attestation: Header
  package let certificate: Certificate

  package init(
    document: [UInt8], header: Header, inBlock: InclusionProof, outcome: [UInt8], inOutcomes: InclusionProof,
    leaf: HistoryLeaf, inHistory: InclusionProof, attestation: Header, certificate: Certificate
  ) {
    self.document = document
    self.header = header
    self.inBlock = inBlock
    self.outcome = outcome
    self.inOutcomes = inOutcomes
    self.leaf = leaf
    self.inHistory = inHistory
    self.attestation = attestation
    self.certificate = certificate
  }

  package enum Fault: String, Error, Sendable {
    case otherChain
    case otherEpoch
    case otherValidators
    case certificateInvalid
    case certificateOfOtherHeader
    case historyNotAttested
    case leafOfOtherBlock
    case documentNotInBlock
    case outcomeNotOfHeight
    case outcomeOfOtherDocument
    case documentMalformed
  }

  /// Checks the whole chain of proof under the chain digest of a genesis that the caller trusts and the validators of the
  /// attesting header's epoch: the genesis' own in epoch 0, else what `EpochProof.verify` gives for that epoch.
  package func verify(chain: Digest, validators: ValidatorSet) throws(Fault) {
    guard attestation.chain == chain, header.chain == chain else { throw .otherChain }
    guard attestation.epoch == validators.epoch else { throw .otherEpoch }
    guard attestation.validators == validators.digest else { throw .otherValidators }
    guard certificate.isValid(for: validators, chain: chain) else { throw .certificateInvalid }
    guard certificate.kind == .finalize, certificate.subject.proposal?.payload == attestation.digest else {
      throw .certificateOfOtherHeader
    }
    guard
      HistoryRange.verifies(
        inHistory, leaf: leaf.digest, index: leaf.height, count: attestation.executed.height &+ 1,
        root: attestation.executed.historyRoot)
    else { throw .historyNotAttested }
    guard leaf.block == header.digest, leaf.height == header.height else { throw .leafOfOtherBlock }
    guard inBlock.verifies(leaf: LedgerTreeHasher.leaf(document), root: header.documentsRoot) else {
      throw .documentNotInBlock
    }
    guard inOutcomes.index == inBlock.index, inOutcomes.size == inBlock.size,
      inOutcomes.verifies(leaf: LedgerTreeHasher.leaf(outcome), root: leaf.outcomesRoot)
    else { throw .outcomeNotOfHeight }
    guard let dot = document.lastIndex(of: UInt8(ascii: ".")) else { throw .documentMalformed }
    var record = CBORReader(outcome)
    do throws(CBORError) {
      try record.structure(3)
      guard try record.digest() == Digest(.document, of: Array(document[..<dot])) else {
        throw record.failure(.invalidValue)
      }
    } catch {
      throw .outcomeOfOtherDocument
    }
  }

  package var json: JSON {
    func cbor(_ value: some CBORCodable) -> JSON { .string(Base64URL.encode(value.cbor)) }
    return [
      "document": .string(String(decoding: document, as: UTF8.self)),
      "height": .integer(Int64(clamping: header.height)),
      "attestedBy": .integer(Int64(clamping: attestation.height)), "header": cbor(header), "inBlock": cbor(inBlock),
      "outcome": .string(Base64URL.encode(outcome)), "inOutcomes": cbor(inOutcomes), "leaf": cbor(leaf),
      "inHistory": cbor(inHistory), "attestation": cbor(attestation), "certificate": cbor(certificate),
    ]
  }

  /// Nil unless every member is there and is the deterministic CBOR of what it should be.
  package init?(json: JSON) {
    func value<T: CBORCodable>(_ name: String, _ type: T.Type = T.self) -> T? {
      json[name]?.string.flatMap { Base64URL.decode($0) }.flatMap { try? T(cbor: $0) }
    }
    guard let document = json["document"]?.string, let header = value("header", Header.self),
      let inBlock = value("inBlock", InclusionProof.self),
      let outcome = json["outcome"]?.string.flatMap({ Base64URL.decode($0) }),
      let inOutcomes = value("inOutcomes", InclusionProof.self), let leaf = value("leaf", HistoryLeaf.self),
      let inHistory = value("inHistory", InclusionProof.self), let attestation = value("attestation", Header.self),
      let certificate = value("certificate", Certificate.self)
    else { return nil }
    // What is shown beside the proof must be what is proved.
    guard json["height"]?.integer == Int64(clamping: header.height),
      json["attestedBy"]?.integer == Int64(clamping: attestation.height)
    else { return nil }
    self.init(
      document: Array(document.utf8), header: header, inBlock: inBlock, outcome: outcome, inOutcomes: inOutcomes,
      leaf: leaf,
      inHistory: inHistory, attestation: attestation, certificate: certificate)
  }
}
