import Client
import Ledger
import Testing

/// The demonstration's files with one thing changed.
@Suite("Reading orders, answers, dispatches and receipts")
struct DeliveryReadingTests {
  private func read(_ name: String, _ change: String, to replacement: String) throws -> ImportResult {
    let text = String(decoding: try BusinessFiles.demo(name), as: UTF8.self)
    let changed = text.replacing(change, with: replacement)
    #expect(changed != text, "the file does not have what the test changes")
    return UBLImporter().importFile(Array(changed.utf8), name: name)
  }

  @Test(
    "An answer accepts or rejects the whole order, or is refused",
    arguments: [
      ("Accepted", "accepted"), ("RE", "rejected"), ("Rejected", "rejected"), ("CA", nil), ("AB", nil), ("", nil),
    ])
  func decision(code: String, decision: String?) throws {
    let result = try read("order-response", ">AP<", to: ">\(code)<")
    #expect(Imported(result)?.draft.terms["decision"] == decision.map { .string($0) })
    if decision == nil { #expect(result.refusal == (code.isEmpty ? .memberMissing : .valueInvalid)) }
  }

  @Test("Rejected goods are not among the received ones")
  func rejected() throws {
    let line = #"<cbc:ReceivedQuantity unitCode="C62">5000</cbc:ReceivedQuantity>"#
    let rejects = { (count: String) in line + "<cbc:RejectedQuantity>\(count)</cbc:RejectedQuantity>" }
    let file = try #require(Imported(try read("receipt", line, to: rejects("12.5"))))
    #expect(
      file.draft.terms["lines"] == [
        ["line": "1", "received": "10000"], ["line": "2", "received": "4987.5", "rejected": "12.5"],
      ])
    #expect(
      file.notCarried.contains(
        "cbc:ReceivedQuantity counts what was rejected: written without it as received (line 2)"))
    #expect(try read("receipt", line, to: rejects("5000.000001")).refusal == .valueInvalid)
    #expect(try read("receipt", line, to: rejects("-1")).refusal == .valueInvalid)
  }

  @Test("A line of which nothing was dispatched is left out")
  func nothingDispatched() throws {
    let file = try #require(Imported(try read("despatch", ">5000<", to: ">0<")))
    #expect(file.draft.terms["lines"] == [["line": "1", "quantity": "10000"]])
    #expect(file.notCarried.contains("nothing of it was dispatched: left out (line 2)"))
    #expect(try read("despatch", ">5000<", to: ">-5000<").refusal == .valueInvalid)
  }

  @Test("An order names at most eight carriers, each once")
  func carriers() throws {
    func stages(_ ids: [String]) -> String {
      ids.map { id in
        """
        <cac:ShipmentStage><cac:CarrierParty><cac:PartyIdentification><cbc:ID schemeID="lianrong">\(id)</cbc:ID>
        </cac:PartyIdentification></cac:CarrierParty></cac:ShipmentStage></cac:Shipment>
        """.replacing("</cac:Shipment>", with: "")
      }.joined() + "</cac:Shipment>"
    }
    let few = try #require(Imported(try read("order", "</cac:Shipment>", to: stages(["b", "sutong-logistics", "b"]))))
    #expect(few.draft.terms["carriers"] == ["sutong-logistics", "b"])
    let many = try read("order", "</cac:Shipment>", to: stages((1...8).map { "c\($0)" }))
    #expect(many.refusal == .valueInvalid)
  }

  @Test("An order's lines need positive amounts and quantities; what is free of charge is left out")
  func orderLines() throws {
    let free = try #require(Imported(try read("order", ">400000.00<", to: ">0<")))
    #expect(free.draft.terms["lines"]?.array?.count == 1)
    #expect(free.notCarried.contains("an amount of zero: left out (line 2)"))
    #expect(try read("order", ">400000.00<", to: ">-1.00<").refusal == .amountNegative)
    #expect(try read("order", ">5000<", to: ">0<").refusal == .valueInvalid)
    let none = try #require(
      Imported(try read("order", #"<cbc:Quantity unitCode="C62">5000</cbc:Quantity>"#, to: "")))
    #expect(
      none.draft.terms["lines"]?.array?.last == [
        "line": "2", "quantity": "1", "unit": "C62", "amount": "400000.00",
      ])
    #expect(none.notCarried.contains("no cac:LineItem/cbc:Quantity: written as 1 C62 (one piece) (line 2)"))
  }

  @Test("Dates may have a time zone, and must exist in the calendar")
  func dates() throws {
    let zoned = try #require(Imported(try read("order", ">2026-06-01<", to: ">2026-06-01+08:00<")))
    #expect(zoned.draft.terms["date"] == "2026-06-01")
    #expect(zoned.notCarried.contains("cbc:IssueDate: the time zone +08:00 is left out"))
    for date in ["2026-02-29", "01.06.2026", "2026-06-01T00:00:00", "20260601"] {
      #expect(try read("order", ">2026-06-01<", to: ">\(date)<").refusal == .valueInvalid)
    }
    #expect(try read("order", "<cbc:IssueDate>2026-06-01</cbc:IssueDate>", to: "").refusal == .memberMissing)
  }

  @Test("What the document type's own reader would refuse is refused here")
  func ownReader() throws {
    let repeated = try read(
      "order", "<cbc:ID>PO-2026-0001</cbc:ID>", to: "<cbc:ID>\(String(repeating: "9", count: 65))</cbc:ID>")
    #expect(repeated.refusal == .valueInvalid)
    let importer = UBLImporter(missing: .init(carrier: "Not An Id"))
    let text = String(decoding: try BusinessFiles.demo("despatch"), as: UTF8.self)
      .replacing("cac:CarrierParty", with: "cac:DriverPerson")
    let result = importer.importFile(Array(text.utf8), name: "d")
    #expect(result.refusal == .valueInvalid)
    #expect(result.message?.contains("as dispatch/1: /terms/carrier (memberInvalid") == true)
  }
}
