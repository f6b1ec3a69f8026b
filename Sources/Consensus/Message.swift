import Ledger
import Sodium

/// What machines say to each other. A proposal has no message of its own: it is the leader's notarize vote.
package enum Message: Hashable, Sendable, CBORCodable {
  case vote(Vote)
  case certificate(Certificate)
  /// Send what you hold for these views, at most `maximumFetch` of them.
  case fetch(views: [UInt64])
  /// C-23: which is the newest vote of this validator of this epoch that you have seen?
  case fetchNewestVote(of: Int, epoch: UInt64)
  /// The answer, with the newest finalization, below which votes may have been forgotten, and the certificate that led
  /// the answerer into its view.
  case newestVote(of: Int, epoch: UInt64, Vote?, finalization: Certificate?, entry: Certificate?)

  package static let maximumFetch = 16

  /// Checks every signature inside. Costs about q signature checks for a certificate, so ask `Machine.wants` first.
  package func isAuthentic(
    for validators: ValidatorSet, chain: Digest, checking: any SignatureChecking = Ed25519Signatures()
  ) -> Bool {
    switch self {
    case .vote(let vote): vote.isSigned(by: validators, chain: chain, checking: checking)
    case .certificate(let certificate): certificate.isValid(for: validators, chain: chain, checking: checking)
    case .fetch, .fetchNewestVote: true
    case .newestVote(let signer, _, let vote, let finalization, let entry):
      (vote.map { $0.signer == signer && $0.isSigned(by: validators, chain: chain, checking: checking) } ?? true)
        && (finalization.map {
          $0.kind == .finalize && $0.isValid(for: validators, chain: chain, checking: checking)
        } ?? true)
        && (entry.map { $0.isValid(for: validators, chain: chain, checking: checking) } ?? true)
    }
  }

  /// The epoch that it is about; nil where it does not matter. No machine wants a message of another epoch than its own
  /// (C-32); one of a later epoch tells the shell that blocks are missing here.
  package var epoch: UInt64? {
    switch self {
    case .vote(let vote): vote.epoch
    case .certificate(let certificate): certificate.epoch
    case .fetch: nil
    case .fetchNewestVote(_, let epoch), .newestVote(_, let epoch, _, _, _): epoch
    }
  }

  package func encode(to writer: inout CBORWriter) {
    switch self {
    case .vote(let vote):
      writer.array(2)
      writer.unsigned(1)
      writer.value(vote)
    case .certificate(let certificate):
      writer.array(2)
      writer.unsigned(2)
      writer.value(certificate)
    case .fetch(let views):
      writer.array(2)
      writer.unsigned(3)
      writer.array(views.count)
      for view in views { writer.unsigned(view) }
    case .fetchNewestVote(let signer, let epoch):
      writer.array(3)
      writer.unsigned(4)
      writer.unsigned(UInt64(signer))
      writer.unsigned(epoch)
    case .newestVote(let signer, let epoch, let vote, let finalization, let entry):
      writer.array(6)
      writer.unsigned(5)
      writer.unsigned(UInt64(signer))
      writer.unsigned(epoch)
      writer.optional(vote) { $0.value($1) }
      writer.optional(finalization) { $0.value($1) }
      writer.optional(entry) { $0.value($1) }
    }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    let count = try reader.array(upTo: 6)
    let kind = try reader.unsigned(upTo: 5)
    guard count == (kind == 5 ? 6 : kind == 4 ? 3 : 2) else { throw reader.failure(.invalidValue) }
    switch kind {
    case 1: self = .vote(try reader.value())
    case 2: self = .certificate(try reader.value())
    case 3:
      var views: [UInt64] = []
      for _ in 0..<(try reader.array(upTo: Message.maximumFetch)) { views.append(try reader.unsigned()) }
      self = .fetch(views: views)
    case 4: self = .fetchNewestVote(of: try Message.signer(&reader), epoch: try reader.unsigned())
    case 5:
      let signer = try Message.signer(&reader)
      let epoch = try reader.unsigned()
      let vote = try reader.optional { (reader: inout CBORReader) throws(CBORError) in try reader.value(Vote.self) }
      func certificate() throws(CBORError) -> Certificate? {
        try reader.optional { (reader: inout CBORReader) throws(CBORError) in try reader.value() }
      }
      let finalization = try certificate()
      self = .newestVote(of: signer, epoch: epoch, vote, finalization: finalization, entry: try certificate())
    default: throw reader.failure(.invalidValue)
    }
  }

  private static func signer(_ reader: inout CBORReader) throws(CBORError) -> Int {
    Int(try reader.unsigned(upTo: UInt64(ValidatorSet.maximumCount - 1)))
  }
}
