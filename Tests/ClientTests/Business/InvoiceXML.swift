/// An invoice of a few elements that tests change one at a time.
struct InvoiceXML {
  var declaration = #"<?xml version="1.0" encoding="UTF-8"?>"#
  var currencyCode = "<cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>"
  var order = "<cac:OrderReference><cbc:ID>PO-1</cbc:ID></cac:OrderReference>"
  var supplier =
    #"<cac:PartyIdentification><cbc:ID schemeID="lianrong">jinling-parts</cbc:ID></cac:PartyIdentification>"#
  var buyer = #"<cac:PartyIdentification><cbc:ID schemeID="lianrong">huadong-motors</cbc:ID></cac:PartyIdentification>"#
  var extra = ""
  var tax = #"<cac:TaxTotal><cbc:TaxAmount currencyID="CNY">13.00</cbc:TaxAmount></cac:TaxTotal>"#
  var payable = #"<cbc:PayableAmount currencyID="CNY">113.00</cbc:PayableAmount>"#
  var quantity = #"<cbc:InvoicedQuantity unitCode="C62">4</cbc:InvoicedQuantity>"#
  var amount = #"<cbc:LineExtensionAmount currencyID="CNY">100.00</cbc:LineExtensionAmount>"#
  var moreLines = ""

  var text: String {
    """
    \(declaration)
    <Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
      xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
      xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
      <cbc:ID>INV-1</cbc:ID><cbc:IssueDate>2026-06-25</cbc:IssueDate>\(currencyCode)\(order)
      <cac:AccountingSupplierParty><cac:Party>\(supplier)</cac:Party></cac:AccountingSupplierParty>
      <cac:AccountingCustomerParty><cac:Party>\(buyer)</cac:Party></cac:AccountingCustomerParty>\(extra)\(tax)
      <cac:LegalMonetaryTotal>\(payable)</cac:LegalMonetaryTotal>
      <cac:InvoiceLine><cbc:ID>A</cbc:ID>\(quantity)\(amount)
        <cac:OrderLineReference><cbc:LineID>1</cbc:LineID></cac:OrderLineReference></cac:InvoiceLine>\(moreLines)
    </Invoice>
    """
  }

  var bytes: [UInt8] { Array(text.utf8) }

  static func with(_ change: (inout InvoiceXML) -> Void) -> InvoiceXML {
    var invoice = InvoiceXML()
    change(&invoice)
    return invoice
  }
}
