import Contracts
import Ledger

extension UBLReader {
  /// ReceiptAdvice to `receipt/1`.
  mutating func receipt() throws(ImportFailure) -> DocumentDraft {
    let number = try name("cbc:ID", in: root)
    let date = try issueDate()
    try issuer(
      tree.first("cac:BuyerCustomerParty", in: root) == nil ? "cac:DeliveryCustomerParty" : "cac:BuyerCustomerParty",
      role: "buyer")
    let supplier = try member(
      tree.first("cac:SellerSupplierParty", in: root) == nil ? "cac:DespatchSupplierParty" : "cac:SellerSupplierParty",
      role: "supplier")
    let dispatch = try reference(
      [
        "cac:DespatchDocumentReference/cbc:ID",
        "cac:ReceiptLine/cac:DespatchLineReference/cac:DocumentReference/cbc:ID",
      ], orElse: missing.dispatch, option: "--dispatch")
    let elements = try lineElements("cac:ReceiptLine")
    var lines: [ReceivedLine] = []
    for element in elements { try read(element, into: &lines) }
    var written: [JSON] = []
    for line in lines {
      var members: [JSON.Member] = [
        .init("line", .string(line.line)), .init("received", try quantityText(line.received, line: line.line)),
      ]
      if line.rejected > 0 { members.append(.init("rejected", try quantityText(line.rejected, line: line.line))) }
      written.append(.object(members))
    }
    let details = detail("note") {
      $0.notes(elements, ["cbc:Note", "cbc:RejectReason", "cbc:RejectReasonCode", "cbc:ShortQuantity"])
    }
    return DocumentDraft(
      type: "receipt/1",
      terms: [
        "supplier": .string(supplier), "dispatch": .string(dispatch), "number": .string(number),
        "date": .string(date.description), "lines": .array(written),
      ], details: details)
  }

  private struct ReceivedLine {
    let line: String
    var received: Int64
    var rejected: Int64
  }

  /// UBL counts what was rejected among what was received; here `received` is what is good. Reading it the other way
  /// round would let rejected goods be invoiced.
  private mutating func read(_ element: Element, into lines: inout [ReceivedLine]) throws(ImportFailure) {
    let line = try orderLine(element)
    let arrived = try quantity("cbc:ReceivedQuantity", in: element)?.millionths
    if arrived == nil { remark("no cbc:ReceivedQuantity: written as 1", line: line) }
    let rejected = try quantity("cbc:RejectedQuantity", in: element)?.millionths ?? 0
    let all = arrived ?? 1_000_000
    guard all >= 0, rejected >= 0, rejected <= all else {
      throw fault(.valueInvalid, element, "line \(line) rejects more than was received, or counts below zero")
    }
    if rejected > 0 {
      remark("cbc:ReceivedQuantity counts what was rejected: written without it as received", line: line)
    }
    if let index = lines.firstIndex(where: { $0.line == line }) {
      remark("several lines are about one line of the order: written as one, with their sums", line: line)
      lines[index].received += all - rejected
      lines[index].rejected += rejected
    } else {
      lines.append(ReceivedLine(line: line, received: all - rejected, rejected: rejected))
    }
  }
}
