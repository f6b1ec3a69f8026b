import Ledger

extension UBLReader {
  /// OrderResponse and OrderResponseSimple to `order.response/1`: yes or no. Anything between is another negotiation.
  mutating func orderResponse(_ type: UBLType) throws(ImportFailure) -> DocumentDraft {
    try issuer("cac:SellerSupplierParty", role: "supplier")
    let buyer = try member("cac:BuyerCustomerParty", role: "buyer")
    let order = try reference(["cac:OrderReference/cbc:ID"], orElse: missing.order, option: "--order")
    let accepted = type == .orderResponseSimple ? try acceptedIndicator() : try responseCode()
    return DocumentDraft(
      type: "order.response/1",
      terms: [
        "buyer": .string(buyer), "order": .string(order), "decision": accepted ? "accepted" : "rejected",
      ])
  }

  private mutating func acceptedIndicator() throws(ImportFailure) -> Bool {
    guard let element = element("cbc:AcceptedIndicator", in: root) else {
      throw ImportFailure(.memberMissing, "\(tree.place(root))/cbc:AcceptedIndicator")
    }
    use(element)
    switch tree.text(element) {
    case "true", "1": return true
    case "false", "0": return false
    case let other: throw fault(.valueInvalid, element, "\"\(other.prefix(40))\" is neither true nor false")
    }
  }

  /// UN/CEFACT 4343 as orders use it: AP accepted, RE rejected.
  private mutating func responseCode() throws(ImportFailure) -> Bool {
    try refuseChangedLines()
    guard let element = element("cbc:OrderResponseCode", in: root) else {
      throw ImportFailure(
        .memberMissing, "\(tree.place(root))/cbc:OrderResponseCode: AP for accepted, RE for rejected")
    }
    use(element)
    switch tree.text(element).uppercased() {
    case "AP", "ACCEPTED": return true
    case "RE", "REJECTED": return false
    case let other:
      throw fault(
        .valueInvalid, element,
        "\"\(other.prefix(40))\" neither accepts (AP) nor rejects (RE) the order as a whole")
    }
  }

  /// A line that is disputed, changed, added or refused makes the answer something else than yes or no.
  private mutating func refuseChangedLines() throws(ImportFailure) {
    for status in tree.all("cac:OrderLine/cac:LineItem/cbc:LineStatusCode", in: root) {
      let code = tree.text(status)
      guard code.isEmpty || ["nostatus", "5"].contains(code.lowercased()) else {
        throw fault(
          .valueInvalid, status,
          "\"\(code.prefix(40))\": agree on the lines first, only a whole order can be accepted or rejected")
      }
      use(status)
    }
  }
}
