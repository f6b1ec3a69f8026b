import Client
import Ledger
import Testing

@Suite("Reading invoices")
struct InvoiceReadingTests {
  private func read(_ change: (inout InvoiceXML) -> Void, _ importer: UBLImporter = UBLImporter()) -> ImportResult {
    importer.importFile(InvoiceXML.with(change).bytes, name: "invoice.xml")
  }

  private func imported(_ change: (inout InvoiceXML) -> Void) throws -> Imported {
    try #require(Imported(read(change)))
  }

  @Test(
    "Amounts get exactly the currency's decimals, without losing a digit",
    arguments: [
      ("113", "113.00"), ("113.0", "113.00"), ("0113.000", "113.00"), (" +113.00\n", "113.00"), ("113.", "113.00"),
      (".5", "0.50"), ("9999999999999.99", "9999999999999.99"),
    ])
  func amounts(written: String, carried: String) throws {
    let file = try imported { $0.payable = #"<cbc:PayableAmount currencyID="CNY">\#(written)</cbc:PayableAmount>"# }
    #expect(file.draft.terms["total"] == .string(carried))
  }

  @Test(
    "What is no amount is refused",
    arguments: ["113.001", "1e3", "1,000.00", "113 00", "¥113", "--1", ".", "10000000000000.00", "NaN"])
  func noAmounts(written: String) {
    let result = read { $0.payable = #"<cbc:PayableAmount currencyID="CNY">\#(written)</cbc:PayableAmount>"# }
    #expect(result.refusal == .valueInvalid)
    #expect(result.message?.contains("Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount") == true)
  }

  @Test("A yen has no decimals")
  func yen() throws {
    let file = try imported { invoice in
      invoice = InvoiceXML.with { _ in }
      invoice.currencyCode = "<cbc:DocumentCurrencyCode>JPY</cbc:DocumentCurrencyCode>"
      invoice.tax = ""
      invoice.payable = #"<cbc:PayableAmount currencyID="JPY">100.00</cbc:PayableAmount>"#
      invoice.amount = #"<cbc:LineExtensionAmount currencyID="JPY">100</cbc:LineExtensionAmount>"#
    }
    #expect(file.draft.terms["total"] == "100")
  }

  @Test("A negative payable amount is refused and sent to the credit note")
  func negative() {
    let result = read { $0.payable = #"<cbc:PayableAmount currencyID="CNY">-113.00</cbc:PayableAmount>"# }
    #expect(result.refusal == .amountNegative)
    #expect(result.message?.contains("-113.00 CNY: the seller owes the buyer") == true)
  }

  @Test("White space around a currency does not make another currency")
  func currencySpace() throws {
    let file = try imported {
      $0.currencyCode = "<cbc:DocumentCurrencyCode>\n  CNY \t</cbc:DocumentCurrencyCode>"
      $0.payable = #"<cbc:PayableAmount currencyID=" CNY">113.00</cbc:PayableAmount>"#
    }
    #expect(file.draft.terms["currency"] == "CNY")
  }

  @Test("A second currency is refused where it stands, unless the document declares it for its tax")
  func currencies() throws {
    let other = #"<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">2.00</cbc:TaxAmount></cac:TaxTotal>"#
    let result = read { $0.tax += other }
    #expect(result.refusal == .currencyMismatch)
    #expect(result.message == "invoice.xml: Invoice/cac:TaxTotal[2]/cbc:TaxAmount: EUR in a document in CNY")
    let declared = try imported {
      $0.currencyCode += "<cbc:TaxCurrencyCode>EUR</cbc:TaxCurrencyCode>"
      $0.tax += other
    }
    #expect(declared.draft.terms["additions"] == "13.00")
    let payable = read {
      $0.currencyCode += "<cbc:TaxCurrencyCode>EUR</cbc:TaxCurrencyCode>"
      $0.payable = #"<cbc:PayableAmount currencyID="EUR">113.00</cbc:PayableAmount>"#
    }
    #expect(payable.refusal == .currencyMismatch)
  }

  @Test("Sums that do not add up are reported and left as they are")
  func mismatch() throws {
    let file = try imported { $0.payable = #"<cbc:PayableAmount currencyID="CNY">120.00</cbc:PayableAmount>"# }
    #expect(file.draft.terms["total"] == "120.00")
    #expect(file.draft.terms["additions"] == "13.00")
    #expect(
      file.notCarried.contains(
        "mismatch: lines 100.00 + additions 13.00 − deductions 0.00 = 113.00, and the file's PayableAmount is "
          + "120.00 CNY: carried as the file has it; the network records no invoice that does not add up"))
  }

  @Test("A line without a quantity is one piece, and says so")
  func quantity() throws {
    let file = try imported { $0.quantity = "" }
    #expect(file.draft.terms["lines"] == [["line": "1", "quantity": "1", "amount": "100.00"]])
    #expect(file.notCarried.contains("no cbc:InvoicedQuantity: written as 1 (line 1)"))
    let precise = try imported { $0.quantity = "<cbc:InvoicedQuantity>0.1234560</cbc:InvoicedQuantity>" }
    #expect(precise.draft.terms["lines"] == [["line": "1", "quantity": "0.123456", "amount": "100.00"]])
    for bad in ["0.1234567", "-4", "0", "four"] {
      #expect(read { $0.quantity = "<cbc:InvoicedQuantity>\(bad)</cbc:InvoicedQuantity>" }.refusal == .valueInvalid)
    }
  }

  @Test("Two lines on one line of the order become one")
  func merged() throws {
    let file = try imported {
      $0.moreLines = """
        <cac:InvoiceLine><cbc:ID>B</cbc:ID><cbc:InvoicedQuantity>0.5</cbc:InvoicedQuantity>
          <cbc:LineExtensionAmount currencyID="CNY">20.00</cbc:LineExtensionAmount>
          <cac:OrderLineReference><cbc:LineID>1</cbc:LineID></cac:OrderLineReference></cac:InvoiceLine>
        """
    }
    #expect(file.draft.terms["lines"] == [["line": "1", "quantity": "4.5", "amount": "120.00"]])
  }

  @Test("An invoice without an order is refused at the place of the reference, unless the order is given")
  func orderMissing() throws {
    let result = read { $0.order = "" }
    #expect(result.refusal == .memberMissing)
    #expect(result.message == "invoice.xml: Invoice/cac:OrderReference/cbc:ID, or give the number with --order")
    let given = UBLImporter(missing: .init(order: "PO-7"))
    let file = try #require(Imported(read({ $0.order = "" }, given)))
    #expect(file.draft.terms["order"] == "PO-7")
    // What the file says is never overruled.
    #expect(try #require(Imported(read({ _ in }, given))).draft.terms["order"] == "PO-1")
    #expect(
      read { $0.order += "<cac:OrderReference><cbc:ID>PO-2</cbc:ID></cac:OrderReference>" }.refusal == .valueInvalid)
  }

  @Test("Credit notes and self-billed invoices in an invoice's clothes are refused", arguments: ["381", "389"])
  func otherKinds(code: String) {
    let result = read { $0.extra = "<cbc:InvoiceTypeCode>\(code)</cbc:InvoiceTypeCode>" }
    #expect(result.refusal == .typeNotSupported)
  }

  @Test("A party with a name that no identifier can spell has to be mapped")
  func chineseName() throws {
    let name = "<cac:PartyName><cbc:Name>金陵零部件有限公司</cbc:Name></cac:PartyName>"
    #expect(read { $0.buyer = name }.refusal == .partyUnmapped)
    let importer = UBLImporter(parties: [(scheme: "name", value: "金陵零部件有限公司", member: "jinling-parts")])
    #expect(try #require(Imported(read({ $0.buyer = name }, importer))).draft.terms["buyer"] == "jinling-parts")
    #expect(read { $0.buyer = "" }.refusal == .memberMissing)
    let bad = #"<cac:PartyIdentification><cbc:ID schemeID="lianrong">Not An Id</cbc:ID></cac:PartyIdentification>"#
    #expect(read { $0.buyer = bad }.refusal == .valueInvalid)
  }

  @Test("Every text that no document carries is listed by its path, with how often it occurs")
  func leftovers() throws {
    let file = try imported {
      $0.extra = """
        <cbc:BuyerReference>R7</cbc:BuyerReference><cbc:Note>carried</cbc:Note><x:Own xmlns:x="urn:own">1</x:Own>
        <cac:Signature><cbc:ID>1</cbc:ID></cac:Signature><cac:Signature><cbc:ID>2</cbc:ID></cac:Signature>
        """
    }
    #expect(
      file.notCarried == [
        "the supplier is the issuer: have «jinling-parts» sign this document",
        "cbc:BuyerReference", "x:Own", "cac:Signature/cbc:ID ×2", "cac:InvoiceLine/cbc:ID",
      ])
    #expect(file.draft.details.contains(.init("note", "carried")))
  }

  @Test("The list of what was left behind is bounded")
  func boundedLeftovers() throws {
    let file = try imported { invoice in
      invoice.extra = (0..<5_000).map { "<x\($0)>1</x\($0)>" }.joined()
    }
    #expect(file.notCarried.count == 201)
    // 5,000 and the line's own number, below one remark.
    #expect(file.notCarried.last == "and 4802 more elements")
  }

  @Test("Details too large for a disclosure stay behind, and the list says so")
  func largeDetails() throws {
    let file = try imported { invoice in
      invoice.extra = String(repeating: "<cbc:Note>\(String(repeating: "n", count: 30_000))</cbc:Note>", count: 3)
    }
    #expect(!file.draft.details.contains { $0.name == "note" })
    #expect(file.notCarried.contains("note: too much for one committed member (tooLarge), left out"))
    #expect(file.notCarried.contains("cbc:Note ×3"))
  }

  @Test("Sums beyond what a document states are refused, however often they are repeated")
  func overflow() {
    let tax = #"<cac:TaxTotal><cbc:TaxAmount currencyID="CNY">9999999999999.99</cbc:TaxAmount></cac:TaxTotal>"#
    #expect(read { $0.tax = String(repeating: tax, count: 12_000) }.refusal == .valueInvalid)
  }
}
