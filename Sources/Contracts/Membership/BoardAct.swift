import Ledger
import Sodium

/// An act that organisations of the governance board propose and others of them approve.
package struct BoardAct: StateObject, Equatable {
  /// The document that proposed it.
  package let document: Digest
  package let type: String
  package let terms: JSON
  /// Organisations that stand behind it, the proposing one first.
  package var approvals: [String]
  /// The height at which it was performed; nil while it waits.
  package var performedAt: UInt64?

  package static var table: StateTable { .boardAct }
  package var stateID: Digest { document }

  package init(document: Digest, type: String, terms: JSON, approvals: [String], performedAt: UInt64? = nil) {
    self.document = document
    self.type = type
    self.terms = terms
    self.approvals = approvals
    self.performedAt = performedAt
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(5)
    writer.digest(document)
    writer.text(type)
    writer.bytes(terms.utf8)
    writer.array(approvals.count)
    for organisation in approvals { writer.text(organisation) }
    writer.optional(performedAt) { $0.unsigned($1) }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(5)
    document = try reader.digest()
    type = try reader.text(upTo: 64)
    let text = try reader.bytes(upTo: SignedDocument.maximumBytes)
    guard let terms = try? JSON.parse(text), terms.utf8 == text else { throw reader.failure(.invalidValue) }
    self.terms = terms
    var approvals: [String] = []
    for _ in 0..<(try reader.array(upTo: 64)) { approvals.append(try reader.text(upTo: 48)) }
    self.approvals = approvals
    performedAt = try reader.optional { (reader) throws(CBORError) in try reader.unsigned() }
  }
}

/// An act that the governance board performs once enough of its organisations stand behind it.
package protocol GovernedAct: Act {
  /// What happens then, whoever's document completed the number.
  func enact(_ execution: inout Execution) throws(Rejection)
}

extension GovernedAct {
  /// K-12: performed at once where one organisation is enough; otherwise kept until others approve. What could not be
  /// performed now is not worth proposing.
  func propose(_ execution: inout Execution) throws(Rejection) {
    try execution.requireBoardMember()
    try enact(&execution)
    guard execution.parameters.boardThreshold > 1 else { return }
    execution.state.dropDocument()
    execution.state.put(
      BoardAct(
        document: execution.document, type: Self.type, terms: execution.terms, approvals: [execution.issuer.id]))
    throw Rejection(.awaitingApproval)
  }
}

extension Execution {
  func requireBoardMember() throws(Rejection) {
    try require(parameters.board.contains(issuer.id), .notBoardMember)
  }
}
