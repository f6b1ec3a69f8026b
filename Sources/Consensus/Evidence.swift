import Ledger
import Sodium

/// C-15: two votes of one validator in one view that no honest validator signs together. Whoever knows the epoch's
/// validators can check it without a node.
package struct Evidence: Hashable, Sendable, CBORCodable {
  /// The lesser kind first; of equal kinds, the lesser payload first, so that one offence has one form.
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

  package var signer: Int { first.signer }
  package var view: UInt64 { first.subject.view }

  package func isValid(for validators: ValidatorSet, chain: Digest) -> Bool {
    first.isSigned(by: validators, chain: chain) && second.isSigned(by: validators, chain: chain)
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
