import Contracts
import Ledger

extension UBLReader {
  /// Order to `order/1`.
  mutating func order() throws(ImportFailure) -> DocumentDraft {
    try readCurrency(amounts: [
      "cac:AnticipatedMonetaryTotal/cbc:PayableAmount", "cac:OrderLine/cac:LineItem/cbc:LineExtensionAmount",
    ])
    let number = try name("cbc:ID", in: root)
    let date = try issueDate()
    try issuer("cac:BuyerCustomerParty", role: "buyer")
    let supplier = try member("cac:SellerSupplierParty", role: "supplier")
    let elements = try lineElements("cac:OrderLine")
    var lines: [JSON] = []
    for element in elements {
      if let line = try orderedLine(element) { lines.append(line) }
    }
    guard !lines.isEmpty else { throw fault(.valueInvalid, root, "no line has a positive amount") }

    var terms: [JSON.Member] = [
      .init("number", .string(number)), .init("supplier", .string(supplier)), .init("currency", .string(currency.code)),
      .init("date", .string(date.description)), .init("lines", .array(lines)),
      .init("carriers", .array(try carriers().map { .string($0) })),
    ]
    if let days = try paymentDays() { terms.append(.init("paymentDays", .integer(days))) }

    let numbers = ["cac:LineItem/cbc:ID"]
    let details =
      detail("unitPrice") { $0.lineDetails(elements, numbers: numbers, [("price", "cac:LineItem/cac:Price")]) }
      + detail("addresses") {
        $0.addresses(
          [("buyer", "cac:BuyerCustomerParty"), ("supplier", "cac:SellerSupplierParty")],
          delivery: ["cac:Delivery/cac:DeliveryAddress", "cac:Delivery/cac:DeliveryLocation"])
      }
      + detail("note") { $0.carryAll("cbc:Note", in: $0.root) }
      + detail("lineDescriptions") {
        $0.lineDetails(elements, numbers: numbers, [("item", "cac:LineItem/cac:Item"), ("note", "cbc:Note")])
      }
    return DocumentDraft(type: "order/1", terms: .object(terms), details: details)
  }

  private mutating func orderedLine(_ element: Element) throws(ImportFailure) -> JSON? {
    let line = try name("cac:LineItem/cbc:ID", in: element, upTo: 32)
    guard let amount = try money("cac:LineItem/cbc:LineExtensionAmount", in: element) else {
      throw ImportFailure(.memberMissing, "\(tree.place(element))/cac:LineItem/cbc:LineExtensionAmount")
    }
    guard amount >= 0 else {
      throw fault(.amountNegative, element, "line \(line) of an order is \(currency.text(amount)) \(currency)")
    }
    guard amount > 0 else {
      remark("an amount of zero: left out", line: line)
      return nil
    }
    let quantity = try orderedQuantity("cac:LineItem/cbc:Quantity", in: element, line: line)
    return [
      "line": .string(line), "quantity": try quantityText(quantity.millionths, line: line),
      "unit": .string(quantity.unit), "amount": try written(amount),
    ]
  }

  /// One piece, where the line does not say how many, or of what.
  private mutating func orderedQuantity(
    _ path: String, in element: Element, line: String
  ) throws(ImportFailure) -> (millionths: Int64, unit: String) {
    guard let found = try quantity(path, in: element) else {
      remark("no \(path): written as 1 C62 (one piece)", line: line)
      return (1_000_000, "C62")
    }
    guard found.millionths > 0 else {
      throw fault(.valueInvalid, element, "line \(line) of an order has no positive quantity")
    }
    if found.unit == nil { remark("no unitCode: written as C62 (one piece)", line: line) }
    return (found.millionths, found.unit ?? "C62")
  }

  /// Who may be given the goods, wherever an order names them.
  private mutating func carriers() throws(ImportFailure) -> [String] {
    let found = try members(
      [
        "cac:Delivery/cac:CarrierParty", "cac:Delivery/cac:Shipment/cac:ShipmentStage/cac:CarrierParty",
        "cac:Delivery/cac:Shipment/cac:Consignment/cac:CarrierParty", "cac:FreightForwarderParty",
      ], role: "carrier")
    guard found.count <= 8 else {
      throw ImportFailure(.valueInvalid, "\(found.count) carriers are named, an order has at most 8")
    }
    if found.isEmpty, let supplied = missing.carrier {
      remark("the file names no carrier: written as given with --carrier")
      return [supplied]
    }
    if found.isEmpty {
      remark("the file names no carrier: nobody could attest deliveries of this order; give one with --carrier")
    }
    return found
  }

  /// The settlement period of the payment terms, where it is one number of days.
  private mutating func paymentDays() throws(ImportFailure) -> Int64? {
    let path = "cac:PaymentTerms/cac:SettlementPeriod/cbc:DurationMeasure"
    guard let measure = element(path, in: root), tree.attribute("unitCode", of: measure) == "DAY" else { return nil }
    guard let days = PlainDecimal(tree.text(measure))?.scaled(digits: 0), (0...365).contains(days) else {
      throw fault(.valueInvalid, measure, "payment within 0 to 365 days can be agreed")
    }
    use(measure)
    return days
  }
}
