import Ledger

/// What an order and its receipts bear out of an invoice.
struct OrderMatch {
  /// The sum of what matched of each line, in minor units without tax.
  var amount: Int64 = 0
  var unmatched: [Invoice.LineMatch] = []
  var delivered: BusinessDate?

  /// K-10: all of `total` when every line matches in full, otherwise the share that the matched amounts have in the
  /// lines,
  /// rounded down.
  func share(of total: Int64, lines sum: Int64) -> Int64 {
    unmatched.isEmpty ? total : floored([total, amount], over: [sum])
  }
}

extension Order {
  /// K-8: matches line by line and uses up what matched, so that the same goods invoiced again match nothing. A line
  /// may
  /// occur twice: its second occurrence finds what the first one left.
  mutating func match(_ invoiced: [IssueInvoice.Line]) throws(Rejection) -> OrderMatch {
    let positions = try LinePositions(lines.map(\.line))
    var result = OrderMatch()
    for line in invoiced {
      guard let position = positions[line.line] else {
        result.unmatched.append(.init(line: line.line, reason: .lineUnknown))
        continue
      }
      let delivered = lines[position].delivered
      let match = lines[position].match(line, toleranceBasisPoints: toleranceBasisPoints)
      result.amount += match.amount
      if match.reason != .full { result.unmatched.append(match) }
      if match.quantity > .zero, let delivered { result.delivered = min(result.delivered ?? delivered, delivered) }
    }
    return result
  }
}

extension Order.Line {
  fileprivate mutating func match(_ line: IssueInvoice.Line, toleranceBasisPoints: Int64) -> Invoice.LineMatch {
    guard let open = received.subtracting(invoiced), open > .zero else {
      return .init(line: line.line, reason: received == .zero ? .notReceived : .alreadyInvoiced)
    }
    let quantity = min(line.quantity, open)
    let asked = floored([line.amount, quantity.millionths], over: [line.quantity.millionths])
    let used = Quantity(millionths: invoiced.millionths + quantity.millionths)
    let price =
      price(of: used, toleranceBasisPoints: toleranceBasisPoints)
      - price(of: invoiced, toleranceBasisPoints: toleranceBasisPoints)
    invoiced = used
    if invoiced == received { delivered = nil }
    let reason: MatchReason = quantity < line.quantity ? .aboveReceived : asked > price ? .abovePrice : .full
    return .init(line: line.line, reason: reason, quantity: quantity, amount: min(asked, price))
  }

  /// K-9: the most that the first `part` of the line costs: amount × part ÷ quantity with the tolerance, rounded down
  /// once.
  /// An invoice may ask the difference between two such parts, so that all invoices together can reach the line's
  /// amount to
  /// the last minor unit, and never more.
  private func price(of part: Quantity, toleranceBasisPoints: Int64) -> Int64 {
    floored([amount, part.millionths, 10_000 + toleranceBasisPoints], over: [quantity.millionths, 10_000])
  }
}
