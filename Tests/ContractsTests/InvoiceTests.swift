import Contracts
import Ledger
import Testing

@Suite("Invoices and credit notes")
struct InvoiceTests {
  typealias Match = Invoice.LineMatch

  @Test("An invoice for what was ordered and received matches in full, tax included")
  func full() throws {
    var book = Book()
    try book.acceptedOrder()
    try book.delivered("D-1")
    #expect(try book.invoice("INV-1", additions: "130.00", deductions: "5.00", total: "1125.00").outcome == .accepted)
    let invoice = try book.theInvoice("INV-1")
    #expect(invoice.matched == 112_500 && invoice.unmatched == [] && invoice.confirmable == 112_500)
    #expect(invoice.delivered == BusinessDate("2025-06-02"))
    #expect(invoice.buyer == "steelworks" && invoice.supplier == "foundry")
  }

  @Test("An invoice needs an accepted order of its issuer, the order's currency, a total that adds up, its own number")
  func rules() throws {
    var book = Book()
    #expect(try book.invoice("INV-1").outcome == .orderUnknown)
    try book.acceptedOrder()
    #expect(try book.invoice("INV-1", by: "mill").outcome == .notPartyToOrder)
    #expect(try book.invoice("INV-1", currency: "EUR").outcome == .invoiceCurrency)
    let total = try book.invoice("INV-1", total: "999.99")
    #expect(total.outcome == .invoiceTotal && total.pointer == "/terms/total")
    #expect(try book.invoice("INV-1", additions: "0.01").outcome == .invoiceTotal)
    #expect(try book.invoice("INV-1").outcome == .accepted)
    #expect(try book.invoice("INV-1").outcome == .numberUsed)
  }

  @Test("What does not match is recorded with the line and the reason (K-8)")
  func reasons() throws {
    var book = Book()
    try book.acceptedOrder(
      "PO-1", [("full", "10", "100.00"), ("short", "10", "100.00"), ("dear", "10", "100.00"), ("none", "10", "100.00")])
    try book.delivered("D-1", [("full", "10"), ("short", "4"), ("dear", "10")])
    let entry = try book.invoice(
      "INV-1",
      [
        ("full", "10", "100.00"), ("short", "10", "99.99"), ("dear", "5", "50.01"), ("none", "10", "100.00"),
        ("other", "1", "50.00"), ("full", "1", "10.00"),
      ], total: "410.00")
    #expect(entry.outcome == .accepted)
    let invoice = try book.theInvoice("INV-1")
    #expect(
      invoice.unmatched == [
        Match(line: "short", reason: .aboveReceived, quantity: Quantity("4")!, amount: 3999),
        Match(line: "dear", reason: .abovePrice, quantity: Quantity("5")!, amount: 5000),
        Match(line: "none", reason: .notReceived),
        Match(line: "other", reason: .lineUnknown),
        Match(line: "full", reason: .alreadyInvoiced),
      ])
    #expect(invoice.matched == 10_000 + 3999 + 5000)
  }

  @Test("The same goods invoiced again under another number match nothing")
  func invoicedTwice() throws {
    var book = Book()
    try book.acceptedOrder()
    try book.delivered("D-1")
    _ = try book.invoice("INV-1")
    #expect(try book.invoice("INV-2").outcome == .accepted)
    let second = try book.theInvoice("INV-2")
    #expect(second.matched == 0 && second.confirmable == 0 && second.delivered == nil)
    #expect(second.unmatched == [Match(line: "10", reason: .alreadyInvoiced)])
  }

  @Test("An invoice before the receipt matches nothing and uses up nothing")
  func beforeReceipt() throws {
    var book = Book()
    try book.acceptedOrder()
    _ = try book.invoice("INV-1")
    #expect(try book.theInvoice("INV-1").matched == 0)
    try book.delivered("D-1")
    _ = try book.invoice("INV-2")
    #expect(try book.theInvoice("INV-2").matched == 100_000)
  }

  @Test("Part invoices reach the ordered amount to the last minor unit and never more (K-9)")
  func thirds() throws {
    var book = Book()
    try book.acceptedOrder("PO-1", [("10", "3", "10.00")])
    try book.delivered("D-1", [("10", "3")])
    for (number, asked, matched) in [("A", "3.33", 333), ("B", "3.34", 333), ("C", "3.34", 334)]
      as [(String, String, Int64)]
    {
      _ = try book.invoice(number, [("10", "1", asked)], total: asked)
      #expect(try book.theInvoice(number).matched == matched)
    }
  }

  @Test("The order's tolerance allows a higher price and a greater quantity")
  func tolerance() throws {
    var book = Book()
    try book.acceptedOrder(tolerance: 1000)
    try book.delivered("D-1", [("10", "110")])
    _ = try book.invoice("INV-1", [("10", "110", "1210.00")], total: "1210.00")
    #expect(try book.theInvoice("INV-1").matched == 121_000)
    var strict = Book()
    try strict.acceptedOrder(tolerance: 1000)
    try strict.delivered("D-1", [("10", "110")])
    _ = try strict.invoice("INV-1", [("10", "110", "1210.01")], total: "1210.01")
    #expect(try strict.theInvoice("INV-1").matched == 121_000)
    #expect(try strict.theInvoice("INV-1").unmatched.map(\.reason) == [.abovePrice])
  }

  @Test("Of an invoice that matches in part, the same part of its total matches, rounded down (K-10)")
  func partOfTotal() throws {
    var book = Book()
    try book.acceptedOrder("PO-1", [("10", "3", "300.00")])
    try book.delivered("D-1", [("10", "2")])
    _ = try book.invoice("INV-1", [("10", "3", "300.00")], additions: "39.01", total: "339.01")
    // ⌊33901 × 20000 ÷ 30000⌋
    #expect(try book.theInvoice("INV-1").matched == 22_600)
  }

  @Test("The time to pay runs from the earliest delivery that is not yet invoiced")
  func delivered() throws {
    var book = Book()
    try book.acceptedOrder()
    try book.delivered("D-1", on: "2025-06-20", [("10", "20")])
    try book.delivered("D-2", on: "2025-06-10", [("10", "20")])
    try book.delivered("D-3", on: "2025-06-25", [("10", "20")])
    _ = try book.invoice("INV-1", [("10", "60", "600.00")], total: "600.00")
    #expect(try book.theInvoice("INV-1").delivered == BusinessDate("2025-06-10"))
    try book.delivered("D-4", on: "2025-06-30", [("10", "40")])
    _ = try book.invoice("INV-2", [("10", "40", "400.00")], total: "400.00")
    #expect(try book.theInvoice("INV-2").delivered == BusinessDate("2025-06-30"))
  }

  @Test("The greatest amounts and quantities are matched exactly")
  func extremes() throws {
    var book = Book()
    let quantity = "999999999.999999"
    let amount = "9999999999999.99"
    try book.acceptedOrder("PO-1", [("10", quantity, amount)], tolerance: 2000)
    try book.delivered("D-1", [("10", quantity)])
    #expect(try book.dispatch("D-2", [("10", "200000000")]).outcome == .dispatchAboveOrdered)
    #expect(try book.dispatch("D-2", [("10", "199999999.999999")]).outcome == .accepted)
    let entry = try book.invoice(
      "INV-1", [("10", quantity, amount)], additions: amount, deductions: amount, total: amount)
    #expect(entry.outcome == .accepted)
    #expect(try book.theInvoice("INV-1").matched == DecimalText.maximum)
  }

  @Test("Five hundred lines of the greatest amounts cannot overflow")
  func manyGreatLines() throws {
    var book = Book()
    let items: [Book.Item] = (0..<500).map { ("\($0)", "0.000001", "9999999999999.99") }
    try book.acceptedOrder("PO-1", items)
    try book.delivered("D-1", items.map { ($0.line, $0.quantity) })
    #expect(try book.invoice("INV-1", items, total: "9999999999999.99").outcome == .invoiceTotal)
    // A millionth of the first line's quantity is open: ⌊(10^15 − 1) ÷ 10^6⌋ of its amount matches, and the second
    // line,
    // 999 999 999 + 1 of 10^15 in all: ⌊(10^15 − 1) × 10^9 ÷ 10^15⌋ of the total.
    let entry = try book.invoice(
      "INV-2", [("0", "1", "9999999999999.99"), ("1", "0.000001", "0.01")], deductions: "0.01",
      total: "9999999999999.99")
    #expect(entry.outcome == .accepted)
    #expect(try book.theInvoice("INV-2").matched == 999_999_999)
  }

  @Test("Currencies without minor digits, and with three")
  func otherDigits() throws {
    var book = Book()
    try book.acceptedOrder("PO-1", [("10", "3", "100")], currency: "JPY")
    try book.delivered("D-1", [("10", "1")])
    _ = try book.invoice(
      "INV-1", [("10", "1", "34")], additions: "0", deductions: "0", total: "34", currency: "JPY")
    #expect(try book.theInvoice("INV-1").matched == 33)
    try book.acceptedOrder("PO-2", [("10", "1", "1.234")], currency: "BHD")
    try book.delivered("D-2", of: "PO-2", [("10", "1")])
    _ = try book.invoice(
      "INV-2", of: "PO-2", [("10", "1", "1.234")], additions: "0.000", deductions: "0.000", total: "1.234",
      currency: "BHD")
    #expect(try book.theInvoice("INV-2").matched == 1234)
  }

  // MARK: Credit notes

  @Test("A credit note lowers what may be confirmed; only the invoice's supplier issues it (K-11)")
  func credit() throws {
    var book = Book()
    #expect(try book.credit("C-1", total: "1.00").outcome == .invoiceUnknown)
    try book.acceptedOrder()
    try book.delivered("D-1")
    _ = try book.invoice("INV-1")
    #expect(try book.credit("C-1", by: "mill", total: "1.00").outcome == .invoiceUnknown)
    #expect(try book.credit("C-1", buyer: "dealer", total: "1.00").outcome == .invoiceUnknown)
    #expect(try book.credit("C-1", total: "1.00", currency: "EUR").outcome == .invoiceCurrency)
    #expect(try book.credit("C-1", total: "400.00").outcome == .accepted)
    #expect(try book.credit("C-1", total: "1.00").outcome == .numberUsed)
    #expect(try book.theInvoice("INV-1").confirmable == 60_000)
    #expect(try book.credit("C-2", total: "600.01").outcome == .creditAboveUnconfirmed)
    #expect(try book.credit("C-2", total: "600.00").outcome == .accepted)
    #expect(try book.theInvoice("INV-1").confirmable == 0)
    #expect(try book.credit("C-3", total: "0.01").outcome == .creditAboveUnconfirmed)
    let note: CreditNote = try book.find(TradeID(issuer: "foundry", number: "C-2"))
    #expect(note.total == 60_000 && note.invoice.number == "INV-1")
  }

  @Test("What is confirmed cannot be credited")
  func confirmed() throws {
    var book = Book()
    try book.acceptedOrder()
    try book.delivered("D-1")
    _ = try book.invoice("INV-1")
    var state = State(book.state)
    var invoice = try book.theInvoice("INV-1")
    invoice.confirmed = 70_000
    state.put(invoice)
    state.keepDocument()
    book.state.apply(state.changes)
    #expect(try book.credit("C-1", total: "300.01").outcome == .creditAboveUnconfirmed)
    #expect(try book.credit("C-1", total: "300.00").outcome == .accepted)
    #expect(try book.theInvoice("INV-1").confirmable == 0)
  }

  @Test("A credit of the part that never matched does not make less than nothing")
  func creditOfUnmatched() throws {
    var book = Book()
    try book.acceptedOrder()
    try book.delivered("D-1", [("10", "10")])
    _ = try book.invoice("INV-1")
    #expect(try book.theInvoice("INV-1").confirmable == 10_000)
    _ = try book.credit("C-1", total: "900.00")
    #expect(try book.theInvoice("INV-1").confirmable == 0)
  }
}
