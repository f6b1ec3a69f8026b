import Sodium

/// What an offence is known by: one validator in one view of one epoch, whatever pair of votes shows it.
package struct Offence: Hashable, Comparable, Sendable {
  package let epoch: UInt64
  package let view: UInt64
  package let signer: Int

  package init(epoch: UInt64, view: UInt64, signer: Int) {
    self.epoch = epoch
    self.view = view
    self.signer = signer
  }

  package static func < (a: Offence, b: Offence) -> Bool { (a.epoch, a.view, a.signer) < (b.epoch, b.view, b.signer) }
}

/// C-15: two votes of one validator in one view that no honest validator signs together. Whoever knows the epoch's
/// validators can check it without a node.
package struct Evidence: Hashable, Sendable, CBORCodable {
  /// The lesser kind first; of equal kinds, the lesser payload first, so that two votes make one form.
  package let first: Vote
  package let second: Vote

  /// Nil when the two votes do not contradict each other.
  package init?(_ a: Vote, _ b: Vote) {
    guard a.epoch == b.epoch, a.signer == b.signer, a.subject.view == b.subject.view, a.subject != b.subject else {
      return nil
    }
    switch (a.subject.kind, b.subject.kind) {
    case (.notarize, .notarize), (.finalize, .finalize):
      (first, second) = Evidence.precedes(a, b) ? (a, b) : (b, a)
    case (.nullify, .finalize): (first, second) = (a, b)
    case (.finalize, .nullify): (first, second) = (b, a)
    default: return nil
    }
  }

  package var epoch: UInt64 { first.epoch }
  package var view: UInt64 { first.subject.view }
  package var signer: Int { first.signer }
  package var offence: Offence { Offence(epoch: epoch, view: view, signer: signer) }

  package func isValid(
    for validators: ValidatorSet, chain: Digest, checking: any SignatureChecking = Ed25519Signatures()
  ) -> Bool {
    first.isSigned(by: validators, chain: chain, checking: checking)
      && second.isSigned(by: validators, chain: chain, checking: checking)
  }

  private static func precedes(_ a: Vote, _ b: Vote) -> Bool {
    guard let a = a.subject.proposal, let b = b.subject.proposal else { return false }
    return a.payload != b.payload ? a.payload < b.payload : a.parentView < b.parentView
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.value(first)
    writer.value(second)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    let first: Vote = try reader.value()
    let second: Vote = try reader.value()
    guard let evidence = Evidence(first, second), evidence.first == first else { throw reader.failure(.invalidValue) }
    self = evidence
  }
}

extension Collection<Evidence> {
  /// C-16: strictly ascending by offence, so that none is told twice and every list has one order.
  package var isOrdered: Bool { zip(self, dropFirst()).allSatisfy { $0.offence < $1.offence } }
}
