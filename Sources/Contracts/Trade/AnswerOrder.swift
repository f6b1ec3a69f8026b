import Ledger

/// The supplier takes an order on, or does not.
package struct AnswerOrder: Act {
  package static let type = "order.response/1"
  package static let title = "A supplier's answer to an order"
  package static let permission = Permission.trade

  enum Decision: String, CaseIterable, Sendable {
    case accepted
    case rejected
  }

  let buyer: String
  let order: String
  let decision: Decision

  package init(_ form: inout Form) {
    buyer = form.identifier("buyer")
    order = form.number("order")
    decision = form.choice("decision")
  }

  package var parties: [String] { [buyer] }

  /// K-4: only the supplier that the order names answers it, once.
  package func perform(_ execution: inout Execution) throws(Rejection) {
    var order = try execution.find(
      TradeID(issuer: buyer, number: order), Order.self, orElse: .orderUnknown, "/terms/order")
    try execution.require(order.supplier == execution.issuer.id, .notPartyToOrder, "/terms/order")
    try execution.require(order.status == .open, .orderNotOpen, "/terms/order")
    order.status =
      switch decision {
      case .accepted: .accepted
      case .rejected: .rejected
      }
    execution.state.put(order)
  }
}
