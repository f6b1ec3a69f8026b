import Client
import Contracts
import Foundation
import Ledger
import Testing

@Suite("UBL files that others published", .enabled(if: BusinessFiles.arePresent, "the shared test data is absent"))
struct PublishedSampleTests {
  static let samples =
    BusinessFiles.files(under: "ubl/oasis-examples") + BusinessFiles.files(under: "en16931/ubl-examples")

  private func imported(_ path: String, _ importer: UBLImporter = UBLImporter()) throws -> Imported {
    try #require(Imported(importer.importFile(try BusinessFiles.bytes(path), name: path)))
  }

  @Test("As they are, every file is imported or refused with a reason; these many are imported")
  func counts() throws {
    var imported: [String: Int] = [:]
    var refused: [ImportRefusal: Int] = [:]
    for file in Self.samples {
      switch UBLImporter().importFile(Array(try Data(contentsOf: file)), name: file.lastPathComponent) {
      case .imported(let type, _, _): imported[type, default: 0] += 1
      case .refused(let code, let message):
        refused[code, default: 0] += 1
        #expect(message.hasPrefix(file.lastPathComponent + ": "))
      }
    }
    #expect(
      imported == [
        "Order": 3, "OrderResponseSimple": 2, "ReceiptAdvice": 1, "Invoice": 13, "CreditNote": 1,
      ])
    #expect(refused == [.typeNotSupported: 13, .notUBL: 1, .memberMissing: 9, .valueInvalid: 1])
  }

  @Test("With the references that they lack, only other types, a signature and a disputed order stay refused")
  func countsWithReferences() throws {
    let importer = UBLImporter(missing: .init(order: "PO-1", dispatch: "DN-1", invoice: "INV-1", carrier: "sutong"))
    var refused: [ImportRefusal: Int] = [:]
    for file in Self.samples {
      let result = importer.importFile(Array(try Data(contentsOf: file)), name: file.lastPathComponent)
      if let code = result.refusal { refused[code, default: 0] += 1 }
    }
    #expect(refused == [.typeNotSupported: 13, .notUBL: 1, .valueInvalid: 1])
  }

  @Test("Details are members that the document type commits", arguments: samples)
  func committed(file: URL) throws {
    let importer = UBLImporter(missing: .init(order: "PO-1", dispatch: "DN-1", invoice: "INV-1", carrier: "sutong"))
    guard let imported = Imported(importer.importFile(Array(try Data(contentsOf: file)), name: "")) else { return }
    let acts: [any Act.Type] = [
      PlaceOrder.self, AnswerOrder.self, DispatchGoods.self, ReceiveGoods.self, IssueInvoice.self,
      IssueCreditNote.self,
    ]
    let act = try #require(acts.first { $0.type == imported.draft.type })
    for detail in imported.draft.details { #expect(act.committed.contains(detail.name)) }
  }

  @Test("An invoice with a return, a rebate, a prepayment and rounding keeps every amount of the file")
  func invoice() throws {
    let file = try imported("ubl/oasis-examples/UBL-Invoice-2.1-Example.xml")
    #expect(file.type == "Invoice")
    #expect(
      file.draft.terms == [
        "buyer": "345ks5324", "order": "123", "number": "TOSL108", "date": "2009-12-15", "currency": "EUR",
        "dueDate": "2009-12-31",
        "lines": [
          ["line": "1", "quantity": "1", "amount": "1273.00"], ["line": "3", "quantity": "2", "amount": "4.96"],
          ["line": "4", "quantity": "250", "amount": "187.50"],
        ],
        // Tax 292.20, charges 100, rounding 0.30; allowances 100, prepaid 1000, the lines −3.96 and −25.
        "additions": "392.50", "deductions": "1128.96", "total": "729.00",
      ])
    #expect(!file.notCarried.contains { $0.hasPrefix("mismatch") })
    #expect(file.notCarried.contains { $0.hasPrefix("cac:PayeeParty: «Ebeneser Scrooge Inc.»") })
    #expect(
      file.notCarried.contains(
        "cac:AdditionalDocumentReference/cac:Attachment/cbc:EmbeddedDocumentBinaryObject: attachment, "
          + "application/pdf, about 36 bytes"))
    #expect(file.notCarried.contains("cac:InvoiceLine/cbc:ID ×5"))
  }

  @Test("An order names the seller by the identifier it gives, and says so")
  func order() throws {
    let path = "ubl/oasis-examples/UBL-Order-2.1-Example.xml"
    let file = try imported(path)
    #expect(
      file.draft.terms == [
        "number": "34", "supplier": "sellerpartyid123", "currency": "SEK", "date": "2010-01-20",
        "lines": [
          ["line": "1", "quantity": "120", "unit": "LTR", "amount": "6000.00"],
          ["line": "2", "quantity": "15", "unit": "C62", "amount": "225.00"],
        ], "carriers": [],
      ])
    #expect(
      file.notCarried.contains(
        "supplier «SellerPartyID123» is not mapped to a member: written as «sellerpartyid123»; map it with --party"))
    let mapped = try imported(
      path, UBLImporter(parties: [(scheme: "gln", value: "7302347231111", member: "jinling-parts")]))
    #expect(mapped.draft.terms["supplier"] == "jinling-parts")
    #expect(!mapped.notCarried.contains { $0.hasPrefix("supplier «") })
    let other = try imported(
      path, UBLImporter(parties: [(scheme: "lei", value: "7302347231111", member: "jinling-parts")]))
    #expect(other.draft.terms["supplier"] == "sellerpartyid123")
  }

  @Test("Prefixes do not matter", arguments: 1...4)
  func prefixes(number: Int) throws {
    let plain = try imported("ubl/oasis-examples/UBL-Invoice-2.0-Example.xml")
    let file = try imported("ubl/oasis-examples/UBL-Invoice-2.0-Example-NS\(number).xml")
    #expect(file.draft.terms == plain.draft.terms)
    #expect(plain.draft.terms["total"] == "107.50")
    #expect(plain.draft.terms["lines"] == [["line": "1", "quantity": "100", "amount": "100.00"]])
  }

  @Test("A receipt without order lines takes its own numbers, and says so")
  func receipt() throws {
    let file = try imported("ubl/oasis-examples/UBL-ReceiptAdvice-2.0-Example.xml")
    #expect(
      file.draft.terms == [
        "supplier": "175-269-2355", "dispatch": "565899", "number": "658398", "date": "2005-06-21",
        "lines": [["line": "1", "received": "90"]],
      ])
    #expect(
      file.notCarried.contains(
        "no cac:OrderLineReference: taken for the order's line of the same number (line 1)"))
  }

  @Test("A dispatch without a carrier is refused at the place where UBL has it")
  func dispatch() throws {
    let path = "ubl/oasis-examples/UBL-DespatchAdvice-2.0-Example.xml"
    let result = UBLImporter().importFile(try BusinessFiles.bytes(path), name: "d.xml")
    #expect(
      result.message
        == "d.xml: DespatchAdvice/cac:Shipment/cac:ShipmentStage/cac:CarrierParty, or give the carrier with --carrier")
    let file = try imported(path, UBLImporter(missing: .init(carrier: "sutong-logistics")))
    #expect(
      file.draft.terms == [
        "buyer": "12356478", "order": "AEG012345", "number": "565899", "date": "2005-06-20",
        "carrier": "sutong-logistics", "lines": [["line": "1", "quantity": "90"]],
      ])
  }

  @Test("A credit note finds its invoice on its line")
  func creditNote() throws {
    let file = try imported("ubl/oasis-examples/UBL-CreditNote-2.0-Example.xml")
    #expect(
      file.draft.terms == [
        "buyer": "12356478", "invoice": "A00095678", "number": "CN758494", "date": "2005-06-25", "currency": "GBP",
        "total": "107.50",
      ])
  }

  @Test("Tax in the currency of the tax office is left out of the sums")
  func taxCurrency() throws {
    let file = try imported("en16931/ubl-examples/ubl-tc434-example5.xml")
    #expect(file.draft.terms["currency"] == "DKK")
    #expect(file.draft.terms["total"] == "2337.50")
    #expect(
      file.notCarried.contains(
        "cac:TaxTotal/cbc:TaxAmount in EUR is not in the currency of the document: left out of the sums"))
    #expect(!file.notCarried.contains { $0.hasPrefix("mismatch") })
  }

  @Test("Attacks on XML readers are refused before a parser sees them")
  func attacks() throws {
    var refused: [ImportRefusal: Int] = [:]
    let files = BusinessFiles.files(under: "attack/defusedxml/xmltestdata", ["xml", "xsd", "xsl"])
    for file in files {
      let result = UBLImporter().importFile(Array(try Data(contentsOf: file)), name: file.lastPathComponent)
      refused[try #require(result.refusal), default: 0] += 1
    }
    #expect(refused == [.documentTypeDefinition: 8, .notUBL: 5])
  }
}
