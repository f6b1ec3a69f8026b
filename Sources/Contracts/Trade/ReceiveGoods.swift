import Ledger

/// The buyer states what arrived: good, damaged and rejected.
package struct ReceiveGoods: Act {
  package static let type = "receipt/1"
  package static let title = "A buyer's receipt of delivered goods"
  package static let permission = Permission.trade
  package static let committed = ["note"]

  struct Line: Sendable {
    let line: String
    let received: Quantity
    let damaged: Quantity
    let rejected: Quantity
  }

  let supplier: String
  let dispatch: String
  let number: String
  let date: BusinessDate
  let lines: [Line]

  package init(_ form: inout Form) {
    supplier = form.identifier("supplier")
    dispatch = form.number("dispatch")
    number = form.number()
    date = form.date("date")
    lines = form.list("lines", 1...maximumLines) { form in
      Line(
        line: form.line(), received: form.quantity("received"),
        damaged: form.optional("damaged") { $0.quantity("damaged") } ?? .zero,
        rejected: form.optional("rejected") { $0.quantity("rejected") } ?? .zero)
    }
  }

  package var parties: [String] { [supplier] }

  /// K-7: a delivered dispatch has one receipt, by the order's buyer, for no more of a line than was dispatched.
  package func perform(_ execution: inout Execution) throws(Rejection) {
    let id = TradeID(issuer: execution.issuer.id, number: number)
    try execution.requireUnused(id, Receipt.self)
    var dispatch = try execution.find(
      TradeID(issuer: supplier, number: dispatch), Dispatch.self, orElse: .dispatchUnknown, "/terms/dispatch")
    try execution.require(dispatch.order.issuer == execution.issuer.id, .notPartyToOrder, "/terms/dispatch")
    guard let delivered = dispatch.delivered?.date else { throw Rejection(.notDelivered, "/terms/dispatch") }
    try execution.require(dispatch.receipt == nil, .receiptAlreadyRecorded, "/terms/dispatch")
    var order = try execution.find(dispatch.order, Order.self, orElse: .orderUnknown, "/terms/dispatch")
    _ = try LinePositions(lines.map(\.line))
    let positions = try LinePositions(dispatch.lines.map { order.lines[$0.position].line })
    for (index, line) in lines.enumerated() {
      guard let position = positions[line.line] else { throw Rejection(.lineUnknown, "/terms/lines/\(index)/line") }
      let dispatched = dispatch.lines[position]
      guard let sum = line.received.adding(line.damaged)?.adding(line.rejected), sum <= dispatched.quantity else {
        throw Rejection(.receiptAboveDispatched, "/terms/lines/\(index)")
      }
      order.lines[dispatched.position].receive(line.received, delivered: delivered)
    }
    dispatch.receipt = number
    execution.state.put(order)
    execution.state.put(dispatch)
    execution.state.put(
      Receipt(id: id, document: execution.document, dispatch: dispatch.id, date: date, delivered: delivered))
  }
}

extension Order.Line {
  /// Received totals stay within dispatched ones, so they fit. The time to pay counts from the earliest delivery that
  /// is
  /// not yet invoiced: with several it never starts too late.
  fileprivate mutating func receive(_ quantity: Quantity, delivered date: BusinessDate) {
    guard quantity > .zero, let total = received.adding(quantity) else { return }
    received = total
    delivered = min(delivered ?? date, date)
  }
}
