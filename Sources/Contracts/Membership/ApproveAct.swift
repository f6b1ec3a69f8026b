import Ledger
import Sodium

/// Another organisation of the governance board stands behind an act that waits.
package struct ApproveAct: Act {
  package static let type = "approval/1"
  package static let title = "A board organisation's approval of a waiting act"
  package static let permission = Permission.governance

  enum Decision: String, CaseIterable, Sendable {
    case approve
  }

  let document: Digest

  package init(_ form: inout Form) {
    document = form.digest("document")
    _ = form.optional("decision") { $0.choice("decision", of: Decision.self) }
  }

  /// K-12: an organisation counts once, and only while it is on the board; the approval that completes the number
  /// performs
  /// the act.
  package func perform(_ execution: inout Execution) throws(Rejection) {
    try execution.requireBoardMember()
    var waiting = try execution.find(document, BoardAct.self, orElse: .nothingToApprove, "/terms/document")
    try execution.require(waiting.performedAt == nil, .nothingToApprove, "/terms/document")
    try execution.require(!waiting.approvals.contains(execution.issuer.id), .alreadyApproved, "/terms/document")
    waiting.approvals.append(execution.issuer.id)
    let board = execution.parameters.board
    guard waiting.approvals.filter(board.contains).count >= execution.parameters.boardThreshold else {
      execution.state.put(waiting)
      throw Rejection(.awaitingApproval)
    }
    waiting.performedAt = execution.block.height
    execution.state.put(waiting)
    try waiting.act().enact(&execution)
  }
}

extension BoardAct {
  private static let types: [any GovernedAct.Type] = [
    AdmitMember.self, AddKey.self, RevokeKey.self, ChangeValidators.self,
  ]

  fileprivate func act() throws(Rejection) -> any GovernedAct {
    guard let type = BoardAct.types.first(where: { $0.type == type }), let act = try? type.read(terms) else {
      throw Rejection(.nothingToApprove, "/terms/document")
    }
    return act
  }
}
