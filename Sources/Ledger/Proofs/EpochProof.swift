import Sodium

/// The light proof from validators that the caller trusts, those of the genesis, to the validators of a later epoch
/// (P-5): for each epoch that has ended its boundary block's header, the certificate of its validators for it, and the
/// next validators.
package struct EpochProof: Equatable, Sendable, CBORCodable {
  package struct Link: Equatable, Sendable, CBORCodable {
    package let header: Header
    package let certificate: Certificate
    package let next: ValidatorSet

    package init(header: Header, certificate: Certificate, next: ValidatorSet) {
      self.header = header
      self.certificate = certificate
      self.next = next
    }

    package func encode(to writer: inout CBORWriter) {
      writer.array(3)
      writer.value(header)
      writer.value(certificate)
      writer.value(next)
    }

    package init(from reader: inout CBORReader) throws(CBORError) {
      try reader.structure(3)
      header = try reader.value()
      certificate = try reader.value()
      next = try reader.value()
    }
  }

  /// In the order of epochs, without a gap.
  package let links: [Link]
  package static let maximumLinks = 4_096

  package init(links: [Link] = []) { self.links = links }

  package enum Fault: String, Error, Sendable {
    case otherChain
    case otherEpoch
    case otherValidators
    /// The header names no other validators after it: the epoch goes on.
    case notTheEnd
    case certificateOfOtherHeader
    case certificateInvalid
    /// The next validators are not those that the header names, or not of the next epoch.
    case otherNextValidators
    case beyondTheProof
  }

  /// The first epoch whose change of validators is not proved, and why.
  package struct Broken: Error, Equatable, Sendable, CustomStringConvertible {
    package let epoch: UInt64
    package let fault: Fault

    package init(epoch: UInt64, fault: Fault) {
      self.epoch = epoch
      self.fault = fault
    }

    package var description: String { "the end of epoch \(epoch): \(fault.rawValue)" }
  }

  /// The validators of `epoch`, or those after the last link, from the ones that the caller trusts.
  package func verify(
    from trusted: ValidatorSet, chain: Digest, to epoch: UInt64? = nil,
    checking: any SignatureChecking = Ed25519Signatures()
  ) throws(Broken) -> ValidatorSet {
    var validators = trusted
    for link in links where validators.epoch != epoch {
      if let fault = link.fault(after: validators, chain: chain, checking: checking) {
        throw Broken(epoch: validators.epoch, fault: fault)
      }
      validators = link.next
    }
    guard epoch == nil || epoch == validators.epoch else {
      throw Broken(epoch: validators.epoch, fault: .beyondTheProof)
    }
    return validators
  }

  package func encode(to writer: inout CBORWriter) { writer.list(links) }

  package init(from reader: inout CBORReader) throws(CBORError) {
    links = try reader.list(upTo: EpochProof.maximumLinks)
  }
}

extension EpochProof.Link {
  fileprivate func fault(
    after validators: ValidatorSet, chain: Digest, checking: any SignatureChecking
  ) -> EpochProof.Fault? {
    guard header.chain == chain else { return .otherChain }
    guard header.epoch == validators.epoch else { return .otherEpoch }
    guard header.validators == validators.digest else { return .otherValidators }
    guard header.endsEpoch else { return .notTheEnd }
    guard case .finalize(let proposal) = certificate.subject, proposal.payload == header.digest else {
      return .certificateOfOtherHeader
    }
    guard certificate.isValid(for: validators, chain: chain, checking: checking) else { return .certificateInvalid }
    guard next.digest == header.nextValidators, next.epoch > 0, next.epoch - 1 == validators.epoch else {
      return .otherNextValidators
    }
    return nil
  }
}
