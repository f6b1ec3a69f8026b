import Contracts
import Ledger

extension UBLReader {
  /// DespatchAdvice to `dispatch/1`.
  mutating func dispatch() throws(ImportFailure) -> DocumentDraft {
    let number = try name("cbc:ID", in: root)
    let date = try issueDate()
    try issuer("cac:DespatchSupplierParty", role: "supplier")
    let buyer = try member(buyerPath(), role: "buyer")
    let order = try reference(
      ["cac:OrderReference/cbc:ID", "cac:DespatchLine/cac:OrderLineReference/cac:OrderReference/cbc:ID"],
      orElse: missing.order, option: "--order")
    let carrier = try carrier()
    let elements = try lineElements("cac:DespatchLine")
    var lines: [TradeLine] = []
    for element in elements {
      let line = try orderLine(element)
      let found = try quantity("cbc:DeliveredQuantity", in: element)
      if found == nil { remark("no cbc:DeliveredQuantity: written as 1", line: line) }
      let millionths = found?.millionths ?? 1_000_000
      guard millionths >= 0 else { throw fault(.valueInvalid, element, "line \(line) has a negative quantity") }
      guard millionths > 0 else {
        remark("nothing of it was dispatched: left out", line: line)
        continue
      }
      merge(TradeLine(line: line, millionths: millionths), into: &lines)
    }
    guard !lines.isEmpty else { throw fault(.valueInvalid, root, "no line dispatches anything") }
    var written: [JSON] = []
    for line in lines {
      written.append(["line": .string(line.line), "quantity": try quantityText(line.millionths, line: line.line)])
    }
    let details =
      detail("description") { $0.lineDetails(elements, numbers: $0.lineNumbers, [("item", "cac:Item")]) }
      + detail("addresses") {
        $0.addresses(
          [("supplier", "cac:DespatchSupplierParty"), ("buyer", $0.buyerPath())],
          delivery: ["cac:Shipment/cac:Delivery/cac:DeliveryAddress", "cac:Shipment/cac:Delivery/cac:DeliveryLocation"])
      } + detail("note") { $0.notes(elements, ["cbc:Note"]) }
    return DocumentDraft(
      type: "dispatch/1",
      terms: [
        "buyer": .string(buyer), "order": .string(order), "number": .string(number),
        "date": .string(date.description), "carrier": .string(carrier), "lines": .array(written),
      ], details: details)
  }

  /// Who ordered; where the file does not say, who takes delivery.
  private func buyerPath() -> String {
    tree.first("cac:BuyerCustomerParty", in: root) == nil ? "cac:DeliveryCustomerParty" : "cac:BuyerCustomerParty"
  }

  private mutating func carrier() throws(ImportFailure) -> String {
    let paths = [
      "cac:Shipment/cac:ShipmentStage/cac:CarrierParty", "cac:Shipment/cac:Consignment/cac:CarrierParty",
      "cac:Shipment/cac:Delivery/cac:CarrierParty",
    ]
    let found = try members(paths, role: "carrier")
    guard found.count <= 1 else {
      throw ImportFailure(
        .valueInvalid, "\(found.count) carriers are named: split the file, a dispatch has one carrier")
    }
    if let carrier = found.first { return carrier }
    guard let supplied = missing.carrier else {
      throw ImportFailure(.memberMissing, "\(tree.place(root))/\(paths[0]), or give the carrier with --carrier")
    }
    remark("the file names no carrier: written as given with --carrier")
    return supplied
  }

  /// Where a line of a dispatch, receipt, invoice or credit note has its number.
  var lineNumbers: [String] { ["cac:OrderLineReference/cbc:LineID", "cbc:ID"] }

  /// The notes of the document and of its lines.
  mutating func notes(_ lines: [Element], _ paths: [String]) -> JSON? {
    let names = paths.map { path in (name: String(path.split(separator: ":").last ?? "note"), path: path) }
    return JSON.present(
      ("document", carryAll("cbc:Note", in: root)), ("lines", lineDetails(lines, numbers: lineNumbers, names)))
  }
}
