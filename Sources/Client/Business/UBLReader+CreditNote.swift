import Ledger

extension UBLReader {
  /// CreditNote to `credit-note/1`.
  mutating func creditNote() throws(ImportFailure) -> DocumentDraft {
    try readCurrency(amounts: ["cac:LegalMonetaryTotal/cbc:PayableAmount"])
    let number = try name("cbc:ID", in: root)
    let date = try issueDate()
    try issuer("cac:AccountingSupplierParty", role: "supplier")
    let buyer = try member("cac:AccountingCustomerParty", role: "buyer")
    let invoice = try reference(
      [
        "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",
        "cac:CreditNoteLine/cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",
      ], orElse: missing.invoice, option: "--invoice")
    let total = try payable("cac:LegalMonetaryTotal/cbc:PayableAmount")
    let elements = tree.all("cac:CreditNoteLine", in: root)
    let details =
      detail("reason") {
        JSON.present(
          ("note", $0.carryAll("cbc:Note", in: $0.root)),
          ("discrepancy", $0.carryAll("cac:DiscrepancyResponse", in: $0.root)),
          (
            "lines",
            $0.lineDetails(
              elements, numbers: $0.lineNumbers,
              [("note", "cbc:Note"), ("discrepancy", "cac:DiscrepancyResponse")])
          ))
      }
      + detail("lineDescriptions") {
        $0.lineDetails(
          elements, numbers: $0.lineNumbers,
          [("item", "cac:Item"), ("quantity", "cbc:CreditedQuantity"), ("amount", "cbc:LineExtensionAmount")])
      }
    return DocumentDraft(
      type: "credit-note/1",
      terms: [
        "buyer": .string(buyer), "invoice": .string(invoice), "number": .string(number),
        "date": .string(date.description), "currency": .string(currency.code), "total": try written(total),
      ], details: details)
  }
}
