import Sodium

package enum VoteKind: UInt8, Sendable, CaseIterable, Comparable {
  case notarize = 1
  case nullify = 2
  case finalize = 3

  package static func < (a: VoteKind, b: VoteKind) -> Bool { a.rawValue < b.rawValue }
}

/// What a leader proposes for its view: an opaque payload (a block's digest) on top of the payload of `parentView`.
package struct Proposal: Hashable, Sendable, CBORCodable {
  package let view: UInt64
  package let parentView: UInt64
  package let payload: Digest

  package init(view: UInt64, parentView: UInt64, payload: Digest) {
    self.view = view
    self.parentView = parentView
    self.payload = payload
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.unsigned(view)
    writer.unsigned(parentView)
    writer.digest(payload)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    view = try reader.unsigned()
    parentView = try reader.unsigned()
    payload = try reader.digest()
    guard parentView < view else { throw reader.failure(.invalidValue) }
  }
}

/// What a vote says, without who says it: the thing that is signed and that q signatures turn into a certificate.
package enum VoteSubject: Hashable, Sendable, CBORCodable {
  case notarize(Proposal)
  case nullify(view: UInt64)
  case finalize(Proposal)

  package var kind: VoteKind {
    switch self {
    case .notarize: .notarize
    case .nullify: .nullify
    case .finalize: .finalize
    }
  }

  package var view: UInt64 {
    switch self {
    case .notarize(let proposal), .finalize(let proposal): proposal.view
    case .nullify(let view): view
    }
  }

  package var proposal: Proposal? {
    switch self {
    case .notarize(let proposal), .finalize(let proposal): proposal
    case .nullify: nil
    }
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.unsigned(UInt64(kind.rawValue))
    switch self {
    case .notarize(let proposal), .finalize(let proposal): proposal.encode(to: &writer)
    case .nullify(let view): writer.unsigned(view)
    }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    guard let kind = VoteKind(rawValue: UInt8(try reader.unsigned(upTo: 3))) else {
      throw reader.failure(.invalidValue)
    }
    switch kind {
    case .notarize: self = .notarize(try reader.value())
    case .nullify: self = .nullify(view: try reader.unsigned())
    case .finalize: self = .finalize(try reader.value())
    }
  }

  /// The 32 bytes that a validator signs, bound to the chain and the epoch so that no vote counts anywhere else.
  package func signingBytes(chain: Digest, epoch: UInt64) -> [UInt8] {
    var writer = CBORWriter()
    writer.array(3)
    writer.digest(chain)
    writer.unsigned(epoch)
    encode(to: &writer)
    return Digest(.vote, of: writer.bytes).bytes
  }
}

/// One validator's signed vote. `signer` is its index in the epoch's `ValidatorSet`.
package struct Vote: Hashable, Sendable, CBORCodable {
  package let epoch: UInt64
  package let signer: Int
  package let subject: VoteSubject
  package let signature: Signature

  package init(epoch: UInt64, signer: Int, subject: VoteSubject, signature: Signature) {
    self.epoch = epoch
    self.signer = signer
    self.subject = subject
    self.signature = signature
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(4)
    writer.unsigned(epoch)
    writer.unsigned(UInt64(signer))
    subject.encode(to: &writer)
    writer.bytes(signature.bytes)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(4)
    epoch = try reader.unsigned()
    signer = Int(try reader.unsigned(upTo: UInt64(ValidatorSet.maximumCount - 1)))
    subject = try reader.value()
    guard let signature = Signature(try reader.bytes(upTo: Signature.size)) else { throw reader.failure(.invalidValue) }
    self.signature = signature
  }

  package func isSigned(
    by validators: ValidatorSet, chain: Digest, checking: any SignatureChecking = Ed25519Signatures()
  ) -> Bool {
    guard epoch == validators.epoch, signer >= 0, signer < validators.count else { return false }
    return checking.isValid(
      signature, of: subject.signingBytes(chain: chain, epoch: epoch), by: validators.validators[signer].voteKey)
  }
}
