import Contracts
import Ledger

extension UBLReader {
  /// Invoice to `invoice/1`.
  mutating func invoice() throws(ImportFailure) -> DocumentDraft {
    try refuseOtherKinds()
    try readCurrency(amounts: ["cac:LegalMonetaryTotal/cbc:PayableAmount"])
    let number = try name("cbc:ID", in: root)
    let date = try issueDate()
    let due = try dueDate()
    try issuer("cac:AccountingSupplierParty", role: "supplier")
    let buyer = try member("cac:AccountingCustomerParty", role: "buyer")
    let order = try reference(
      ["cac:OrderReference/cbc:ID", "cac:InvoiceLine/cac:OrderLineReference/cac:OrderReference/cbc:ID"],
      orElse: missing.order, option: "--order")
    let total = try payable("cac:LegalMonetaryTotal/cbc:PayableAmount")
    var adjustments = try adjustments("cac:LegalMonetaryTotal")
    let elements = try lineElements("cac:InvoiceLine")
    let lines = try invoicedLines(elements, &adjustments)
    try compare(lines, adjustments, total)
    remarkPayee()

    var written: [JSON] = []
    for line in lines {
      written.append([
        "line": .string(line.line), "quantity": try quantityText(line.millionths, line: line.line),
        "amount": try self.written(line.amount),
      ])
    }
    var terms: [JSON.Member] = [
      .init("buyer", .string(buyer)), .init("order", .string(order)), .init("number", .string(number)),
      .init("date", .string(date.description)), .init("currency", .string(currency.code)),
    ]
    if let due { terms.append(.init("dueDate", .string(due.description))) }
    terms += [
      .init("lines", .array(written)), .init("additions", try self.written(adjustments.additions)),
      .init("deductions", try self.written(adjustments.deductions)), .init("total", try self.written(total)),
    ]
    return DocumentDraft(type: "invoice/1", terms: .object(terms), details: invoiceDetails(elements))
  }

  /// UN/CEFACT 1001: an Invoice may call itself a credit note, or be written by the buyer.
  private mutating func refuseOtherKinds() throws(ImportFailure) {
    guard let element = element("cbc:InvoiceTypeCode", in: root) else { return }
    let code = tree.text(element)
    switch code {
    case "81", "83", "381", "396", "532": throw fault(.typeNotSupported, element, "type \(code) is a credit note")
    case "389", "261": throw fault(.typeNotSupported, element, "type \(code) is billed by the buyer itself")
    default: return
    }
  }

  private mutating func dueDate() throws(ImportFailure) -> BusinessDate? {
    for path in [
      "cbc:DueDate", "cac:PaymentMeans/cbc:PaymentDueDate", "cac:PaymentTerms/cbc:PaymentDueDate",
    ] {
      if let date = try date(path, in: root) { return date }
    }
    return nil
  }

  /// A line below zero (a return, a rebate) matches no goods received: deducted, so that the sum stays the file's.
  private mutating func invoicedLines(
    _ elements: [Element], _ adjustments: inout Adjustments
  ) throws(ImportFailure) -> [TradeLine] {
    var lines: [TradeLine] = []
    for element in elements {
      let line = try orderLine(element)
      guard let amount = try money("cbc:LineExtensionAmount", in: element) else {
        throw ImportFailure(.memberMissing, "\(tree.place(element))/cbc:LineExtensionAmount")
      }
      let found = try quantity("cbc:InvoicedQuantity", in: element)
      if amount < 0 {
        adjustments.add(amount)
        remark("an amount below zero: written as a deduction, without its quantity", line: line)
        continue
      }
      guard amount > 0 else {
        remark("an amount of zero: left out", line: line)
        continue
      }
      if found == nil { remark("no cbc:InvoicedQuantity: written as 1", line: line) }
      let millionths = found?.millionths ?? 1_000_000
      guard millionths > 0 else {
        throw fault(
          .valueInvalid, element, "line \(line) has the amount \(currency.text(amount)) and no positive quantity")
      }
      merge(TradeLine(line: line, millionths: millionths, amount: amount), into: &lines)
    }
    guard !lines.isEmpty else { throw fault(.valueInvalid, root, "no line has a positive amount") }
    return lines
  }

  /// Reported, never repaired: the payable amount is what the seller signs.
  private mutating func compare(
    _ lines: [TradeLine], _ adjustments: Adjustments, _ total: Int64
  ) throws(ImportFailure) {
    let sum = lines.reduce(Int64(0)) { $0 + $1.amount }
    _ = try written(sum)
    _ = try written(adjustments.additions)
    _ = try written(adjustments.deductions)
    let computed = sum + adjustments.additions - adjustments.deductions
    guard computed != total else { return }
    remark(
      "mismatch: lines \(currency.text(sum)) + additions \(currency.text(adjustments.additions)) − deductions "
        + "\(currency.text(adjustments.deductions)) = \(currency.text(computed)), and the file's PayableAmount is "
        + "\(currency.text(total)) \(currency): carried as the file has it; "
        + "the network records no invoice that does not add up"
    )
  }

  /// A payee other than the seller is often a factor: then the claim may have been sold already.
  private mutating func remarkPayee() {
    guard let payee = tree.first("cac:PayeeParty", in: root) else { return }
    let name = element("cac:PartyName/cbc:Name", in: payee).map { tree.text($0) } ?? "another party"
    remark(
      "cac:PayeeParty: «\(name.prefix(80))» is to be paid instead of the supplier; ask whether the claim was assigned")
  }

  private mutating func invoiceDetails(_ elements: [Element]) -> [JSON.Member] {
    detail("unitPrice") { $0.lineDetails(elements, numbers: $0.lineNumbers, [("price", "cac:Price")]) }
      + detail("taxDetails") {
        JSON.present(
          ("taxTotal", $0.carryAll("cac:TaxTotal", in: $0.root)),
          ("allowanceCharge", $0.carryAll("cac:AllowanceCharge", in: $0.root)),
          ("monetaryTotal", $0.carryAll("cac:LegalMonetaryTotal", in: $0.root)),
          (
            "lines",
            $0.lineDetails(
              elements, numbers: $0.lineNumbers,
              [("taxTotal", "cac:TaxTotal"), ("allowanceCharge", "cac:AllowanceCharge")])
          ))
      }
      + detail("addresses") {
        $0.addresses(
          [
            ("supplier", "cac:AccountingSupplierParty"), ("buyer", "cac:AccountingCustomerParty"),
            ("payee", "cac:PayeeParty"),
          ], delivery: ["cac:Delivery/cac:DeliveryAddress", "cac:Delivery/cac:DeliveryLocation"])
      }
      + detail("note") { $0.carryAll("cbc:Note", in: $0.root) }
      + detail("lineDescriptions") {
        $0.lineDetails(elements, numbers: $0.lineNumbers, [("item", "cac:Item"), ("note", "cbc:Note")])
      }
      + detail("paymentMeans") {
        JSON.present(
          ("paymentMeans", $0.carryAll("cac:PaymentMeans", in: $0.root)),
          ("paymentTerms", $0.carryAll("cac:PaymentTerms", in: $0.root)),
          ("payee", $0.carryAll("cac:PayeeParty", in: $0.root)))
      }
  }
}
