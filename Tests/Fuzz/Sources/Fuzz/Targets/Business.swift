import Business
import Contracts
import Foundation
import Ledger

extension FuzzTarget {
  /// UBL files: whatever is imported can be signed and is read by every node.
  static let business = FuzzTarget(
    name: "business", maximumBytes: 32_768,
    seeds: {
      let namespaces =
        #"xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" "#
        + #"xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" "#
        + #"xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2""#
      let text = """
        <?xml version="1.0" encoding="UTF-8"?>
        <Invoice \(namespaces)><cbc:ID>I-1</cbc:ID><cbc:IssueDate>2025-06-05</cbc:IssueDate>
        <cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>
        <cac:OrderReference><cbc:ID>PO-1</cbc:ID></cac:OrderReference>
        <cac:AccountingCustomerParty><cac:Party><cac:PartyIdentification>
        <cbc:ID schemeID="lianrong">steelworks</cbc:ID></cac:PartyIdentification></cac:Party></cac:AccountingCustomerParty>
        <cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="CNY">1000.00</cbc:PayableAmount></cac:LegalMonetaryTotal>
        <cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="TNE">1</cbc:InvoicedQuantity>
        <cbc:LineExtensionAmount currencyID="CNY">1000.00</cbc:LineExtensionAmount>
        <cac:OrderLineReference><cbc:LineID>10</cbc:LineID></cac:OrderLineReference></cac:InvoiceLine></Invoice>
        """
      return [Array(text.utf8)]
    },
    words: [
      "<cbc:ID>", "</cbc:ID>", "<cac:", "<cbc:", "schemeID=\"", "currencyID=\"", "<![CDATA[", "]]>", "<!--", "-->",
      "&#",
      "&lt;", "<?", "xmlns:", "encoding=\"iso-8859-1\"", "Invoice", "CreditNote", "OrderResponseSimple",
      "DespatchAdvice", "ReceiptAdvice",
    ]
  ) { bytes in
    guard case .imported(_, let drafts, _) = importer.importFile(bytes, name: "file") else { return }
    for draft in drafts {
      demand((try? DocumentDraft.read(draft.json.utf8)) == [draft], "a draft is not what it writes")
      let compact = ExampleNetwork.signed(draft, by: "foundry", number: 1, at: 1_750_000_000)
      do throws(Violations) {
        let document = try SignedDocument(compact)
        demand(document.envelope.terms == draft.terms, "the terms changed on their way")
      } catch {
        // Committed members leave the payload; what is left may still be too long for one document.
        demand(error.first.refusal == .documentTooLarge, "an imported draft cannot be signed: \(error.all)")
      }
    }
  }

  private static let importer = UBLImporter(
    parties: [(nil, "mill", "mill"), ("lei", "5493001KJTIIGC8Y1R12", "steelworks")],
    missing: .init(order: "PO-1", dispatch: "D-1", invoice: "I-1", carrier: "rail"))
}
