import Sodium

/// q votes of distinct validators for one subject: a notarization, a nullification or a finalization.
///
/// Anyone who knows the epoch's validators can check it without a node; no aggregate signature is needed up to 31.
package struct Certificate: Hashable, Sendable, CBORCodable {
  package let epoch: UInt64
  package let subject: VoteSubject
  /// Bit i stands for validator i.
  package let signers: UInt32
  /// One signature for each set bit, lowest bit first.
  package let signatures: [Signature]

  package init(epoch: UInt64, subject: VoteSubject, signers: UInt32, signatures: [Signature]) {
    self.epoch = epoch
    self.subject = subject
    self.signers = signers
    self.signatures = signatures
  }

  /// Gathers votes for one subject; nil when they disagree, repeat a signer, or are empty.
  package init?(_ votes: [Vote]) {
    let votes = votes.sorted { $0.signer < $1.signer }
    guard let first = votes.first else { return nil }
    var signers: UInt32 = 0
    for vote in votes {
      guard vote.subject == first.subject, vote.epoch == first.epoch, vote.signer < ValidatorSet.maximumCount,
        signers & (1 << UInt32(vote.signer)) == 0
      else { return nil }
      signers |= 1 << UInt32(vote.signer)
    }
    self.init(epoch: first.epoch, subject: first.subject, signers: signers, signatures: votes.map(\.signature))
  }

  package var kind: VoteKind { subject.kind }
  package var view: UInt64 { subject.view }

  package var votes: [Vote] {
    var votes: [Vote] = []
    for signer in 0..<32 where signers & (1 << UInt32(signer)) != 0 && votes.count < signatures.count {
      votes.append(Vote(epoch: epoch, signer: signer, subject: subject, signature: signatures[votes.count]))
    }
    return votes
  }

  /// True when at least q distinct validators of this very epoch are named, before any signature is looked at.
  package func hasQuorum(of validators: ValidatorSet) -> Bool {
    epoch == validators.epoch && signers.nonzeroBitCount == signatures.count
      && signers.nonzeroBitCount >= validators.quorum
      && (validators.count >= 32 || signers >> UInt32(validators.count) == 0)
  }

  /// P-1: quorum, and every signature is good.
  package func isValid(
    for validators: ValidatorSet, chain: Digest, checking: any SignatureChecking = Ed25519Signatures()
  ) -> Bool {
    guard hasQuorum(of: validators) else { return false }
    let message = subject.signingBytes(chain: chain, epoch: epoch)
    return votes.allSatisfy {
      checking.isValid($0.signature, of: message, by: validators.validators[$0.signer].voteKey)
    }
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(4)
    writer.unsigned(epoch)
    subject.encode(to: &writer)
    writer.unsigned(UInt64(signers))
    writer.array(signatures.count)
    for signature in signatures { writer.bytes(signature.bytes) }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(4)
    epoch = try reader.unsigned()
    subject = try reader.value()
    signers = UInt32(try reader.unsigned(upTo: UInt64(UInt32.max)))
    let count = try reader.array(upTo: ValidatorSet.maximumCount)
    var signatures: [Signature] = []
    for _ in 0..<count {
      guard let signature = Signature(try reader.bytes(upTo: Signature.size)) else {
        throw reader.failure(.invalidValue)
      }
      signatures.append(signature)
    }
    guard signers.nonzeroBitCount == count, signers >> 31 == 0 else { throw reader.failure(.invalidValue) }
    self.signatures = signatures
  }
}
