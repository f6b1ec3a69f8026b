import Client
import Ledger
import Testing

@Suite("The demonstration's purchase")
struct DemoPurchaseTests {
  private func file(_ name: String) throws -> Imported {
    try #require(Imported(UBLImporter().importFile(try BusinessFiles.demo(name), name: name)))
  }

  @Test("The order: two lines of CNY 1,000,000.00 together, one carrier, 60 days")
  func order() throws {
    let order = try file("order")
    #expect(
      order.draft.terms == [
        "number": "PO-2026-0001", "supplier": "jinling-parts", "currency": "CNY", "date": "2026-06-01",
        "lines": [
          ["line": "1", "quantity": "10000", "unit": "C62", "amount": "600000.00"],
          ["line": "2", "quantity": "5000", "unit": "C62", "amount": "400000.00"],
        ], "carriers": ["sutong-logistics"], "paymentDays": 60,
      ])
    #expect(order.draft.details.map(\.name) == ["unitPrice", "addresses", "note", "lineDescriptions"])
    #expect(order.notCarried.first == "the buyer is the issuer: have «huadong-motors» sign this document")
  }

  @Test("The answer, the dispatch and the receipt")
  func delivery() throws {
    #expect(
      try file("order-response").draft.terms
        == ["buyer": "huadong-motors", "order": "PO-2026-0001", "decision": "accepted"])
    #expect(
      try file("despatch").draft.terms == [
        "buyer": "huadong-motors", "order": "PO-2026-0001", "number": "DN-2026-0001", "date": "2026-06-20",
        "carrier": "sutong-logistics",
        "lines": [["line": "1", "quantity": "10000"], ["line": "2", "quantity": "5000"]],
      ])
    #expect(
      try file("receipt").draft.terms == [
        "supplier": "jinling-parts", "dispatch": "DN-2026-0001", "number": "GR-2026-0001", "date": "2026-06-22",
        "lines": [["line": "1", "received": "10000"], ["line": "2", "received": "5000"]],
      ])
  }

  @Test("The invoice with 13 % VAT and the credit note on it")
  func billing() throws {
    let invoice = try file("invoice")
    #expect(
      invoice.draft.terms == [
        "buyer": "huadong-motors", "order": "PO-2026-0001", "number": "INV-2026-0001", "date": "2026-06-25",
        "currency": "CNY", "dueDate": "2026-08-19",
        "lines": [
          ["line": "1", "quantity": "10000", "amount": "600000.00"],
          ["line": "2", "quantity": "5000", "amount": "400000.00"],
        ], "additions": "130000.00", "deductions": "0.00", "total": "1130000.00",
      ])
    #expect(!invoice.notCarried.contains { $0.hasPrefix("mismatch") || $0.contains("not mapped") })
    #expect(
      try file("credit-note").draft.terms == [
        "buyer": "huadong-motors", "invoice": "INV-2026-0001", "number": "CN-2026-0001", "date": "2026-07-01",
        "currency": "CNY", "total": "11300.00",
      ])
  }

  @Test("One line of JSON a file")
  func json() throws {
    let result = UBLImporter().importFile(try BusinessFiles.demo("order-response"), name: "order-response.xml")
    let json = result.json(file: "order-response.xml")
    #expect(json["file"] == "order-response.xml")
    #expect(json["type"] == "OrderResponse")
    #expect(
      json["documents"] == [
        [
          "type": "order.response/1",
          "terms": ["buyer": "huadong-motors", "order": "PO-2026-0001", "decision": "accepted"], "details": [:],
        ]
      ])
    #expect(json["notCarried"]?.array?.contains("cbc:ID") == true)
    #expect(!json.text.contains("\n"))

    let refused = UBLImporter().importFile(Array("<root/>".utf8), name: "x.xml").json(file: "x.xml")
    #expect(refused["refused"]?["code"] == 7010)
    #expect(refused["refused"]?["name"] == "notUBL")
    #expect(refused["documents"] == nil)
  }
}
