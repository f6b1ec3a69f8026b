import Ledger

/// What the write-ahead log holds (C-21); the log itself guards its bytes (C-24).
///
/// Records may be dropped once `view < Machine.logFloor` and the view is below that of the newest executed block.
package enum LogRecord: Hashable, Sendable, CBORCodable {
  /// An own vote. Written by the code that signs, before anyone sees it.
  case vote(Vote)
  case certificate(Certificate)
  /// This block, which q notarized or finalized, is valid and its body durable here.
  case certified(Proposal)

  package var view: UInt64 {
    switch self {
    case .vote(let vote): vote.subject.view
    case .certificate(let certificate): certificate.view
    case .certified(let proposal): proposal.view
    }
  }

  /// The log holds no votes but the node's own.
  func isOwnVote(after epoch: UInt64) -> Bool {
    if case .vote(let vote) = self { vote.epoch > epoch } else { false }
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    switch self {
    case .vote(let vote):
      writer.unsigned(1)
      writer.value(vote)
    case .certificate(let certificate):
      writer.unsigned(2)
      writer.value(certificate)
    case .certified(let proposal):
      writer.unsigned(3)
      writer.value(proposal)
    }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    switch try reader.unsigned(upTo: 3) {
    case 1: self = .vote(try reader.value())
    case 2: self = .certificate(try reader.value())
    case 3: self = .certified(try reader.value())
    default: throw reader.failure(.invalidValue)
    }
  }
}
