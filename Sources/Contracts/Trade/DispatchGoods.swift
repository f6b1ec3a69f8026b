import Ledger

/// The supplier announces goods that it hands to a carrier.
package struct DispatchGoods: Act {
  package static let type = "dispatch/1"
  package static let title = "A supplier's dispatch of ordered goods"
  package static let permission = Permission.trade
  package static let committed = ["description", "addresses", "note"]

  let buyer: String
  let order: String
  let number: String
  let date: BusinessDate
  let carrier: String
  let lines: [(line: String, quantity: Quantity)]

  package init(_ form: inout Form) {
    buyer = form.identifier("buyer")
    order = form.number("order")
    number = form.number()
    date = form.date("date")
    carrier = form.identifier("carrier")
    lines = form.list("lines", 1...maximumLines) { form in (form.line(), form.positiveQuantity("quantity")) }
  }

  package var parties: [String] { [buyer, carrier] }

  /// K-5: of each line, all dispatches together bring at most what was ordered with its tolerance.
  package func perform(_ execution: inout Execution) throws(Rejection) {
    let id = TradeID(issuer: execution.issuer.id, number: number)
    try execution.requireUnused(id, Dispatch.self)
    var order = try execution.find(
      TradeID(issuer: buyer, number: order), Order.self, orElse: .orderUnknown, "/terms/order")
    try execution.require(order.supplier == execution.issuer.id, .notPartyToOrder, "/terms/order")
    try execution.require(order.status == .accepted, .orderNotAccepted, "/terms/order")
    try execution.require(order.carriers.contains(carrier), .notNamedForDelivery, "/terms/carrier")
    _ = try LinePositions(lines.map(\.line))
    let positions = try LinePositions(order.lines.map(\.line))
    var dispatched: [Dispatch.Line] = []
    for (index, (line, quantity)) in lines.enumerated() {
      guard let position = positions[line] else { throw Rejection(.lineUnknown, "/terms/lines/\(index)/line") }
      let most = order.lines[position].mostDispatched(toleranceBasisPoints: order.toleranceBasisPoints)
      guard let total = order.lines[position].dispatched.adding(quantity), total <= most else {
        throw Rejection(.dispatchAboveOrdered, "/terms/lines/\(index)/quantity")
      }
      order.lines[position].dispatched = total
      dispatched.append(.init(position: position, quantity: quantity))
    }
    execution.state.put(order)
    execution.state.put(
      Dispatch(
        id: id, document: execution.document, order: order.id, carrier: carrier, date: date, lines: dispatched))
  }
}

extension Order.Line {
  /// The ordered quantity with its tolerance, rounded down to the millionth.
  func mostDispatched(toleranceBasisPoints: Int64) -> Quantity {
    Quantity(millionths: floored([quantity.millionths, 10_000 + toleranceBasisPoints], over: [10_000]))
  }
}

/// ⌊product of `factors` ÷ product of `divisors`⌋, exactly, for factors whose product is below 2^128; clamped to Int64.
///
/// Amounts and quantities are below 2^51, sums of an invoice's amounts below 2^60, tolerances below 2^14: two of the
/// first
/// and a tolerance fit, and so does one with a sum. No factor is negative and no divisor is zero; readers of documents
/// and
/// of state see to both.
func floored(_ factors: [Int64], over divisors: [Int64]) -> Int64 {
  let product = factors.reduce(UInt128(1)) { $0 * UInt128($1) }
  return Int64(clamping: product / divisors.reduce(UInt128(1)) { $0 * UInt128($1) })
}
