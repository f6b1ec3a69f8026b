import Contracts
import Ledger
import Testing

@Suite("Terms and their schemas")
struct FormTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let act: any Act.Type
    let terms: JSON
    var testDescription: String { act.type }
  }

  static let day: JSON = "2025-06-01"
  static let examples: [Example] = [
    Example(
      act: PlaceOrder.self,
      terms: Terms.order("PO-1", of: "foundry", [("1", "1", "1.00"), ("2", "1", "1.00")]).with("paymentDays", 60)),
    Example(act: AnswerOrder.self, terms: ["buyer": "b", "order": "PO-1", "decision": "rejected"]),
    Example(
      act: DispatchGoods.self,
      terms: [
        "buyer": "b", "order": "PO-1", "number": "D-1", "date": day, "carrier": "rail",
        "lines": [["line": "1", "quantity": "1"]],
      ]),
    Example(
      act: AttestCarriage.self, terms: ["supplier": "s", "dispatch": "D-1", "event": "delivered", "date": day]),
    Example(
      act: ReceiveGoods.self,
      terms: [
        "supplier": "s", "dispatch": "D-1", "number": "R-1", "date": day,
        "lines": [["line": "1", "received": "1", "damaged": "0", "rejected": "0"]],
      ]),
    Example(
      act: IssueInvoice.self,
      terms: [
        "buyer": "b", "order": "PO-1", "number": "I-1", "date": day, "currency": "CNY", "dueDate": day,
        "lines": [["line": "1", "quantity": "1", "amount": "1.00"]], "additions": "0.00", "deductions": "0.00",
        "total": "1.00",
      ]),
    Example(
      act: IssueCreditNote.self,
      terms: ["buyer": "b", "invoice": "I-1", "number": "C-1", "date": day, "currency": "CNY", "total": "1.00"]),
    Example(
      act: AdmitMember.self,
      terms: Genesis.member(
        "quarry", ["supplier"],
        keys: [Genesis.key("quarry/main").with("validFromHeight", 5).with("validUntilHeight", 9)]
      ).with("identifiers", [["scheme": "vat", "value": "1"]])),
    Example(
      act: AddKey.self,
      terms: [
        "member": "mill",
        "key": Genesis.key("mill/second").with("validFromHeight", 5).with("validUntilHeight", 9),
      ]),
    Example(act: RevokeKey.self, terms: ["member": "mill", "key": "main", "fromHeight": 9]),
    Example(
      act: ChangeValidators.self,
      terms: [
        "epoch": 1,
        "validators": [
          [
            "organisation": "mill", "voteKey": publicKey("mill/vote"), "transportKey": publicKey("mill/node"),
            "possession": .string(String(repeating: "A", count: 86)),
          ]
        ], "observers": [["organisation": "bank", "transportKey": publicKey("bank/node")]],
      ]),
    Example(
      act: ApproveAct.self,
      terms: ["document": .string(String(repeating: "0", count: 64)), "decision": "approve"]),
  ]

  static func faults(_ act: any Act.Type, _ terms: JSON) -> [Violation] {
    do throws(Violations) {
      _ = try act.read(terms)
      return []
    } catch {
      return error.all
    }
  }

  @Test("There is an example of every act")
  func everyAct() {
    #expect(Self.examples.map { $0.act.type }.sorted() == Book.registry.types.map { $0.type })
  }

  @Test("The schema names exactly the members that are read, and which of them may be absent", arguments: examples)
  func schemaMatchesReader(example: Example) throws {
    #expect(Self.faults(example.act, example.terms).isEmpty)
    let schema = try #require(example.act.schema["properties"]?["terms"])
    try check(example.act, schema, example.terms, at: "/terms") { $0 }
  }

  /// Leaves each member out and adds an unknown one, at every object of `value`; `whole` puts a changed part back.
  private func check(
    _ act: any Act.Type, _ schema: JSON, _ value: JSON, at pointer: String, _ whole: (JSON) -> JSON
  ) throws {
    switch value {
    case .object(let members):
      #expect(schema["type"] == "object" && schema["additionalProperties"] == false)
      guard case .object(let properties)? = schema["properties"], let required = schema["required"]?.array else {
        Issue.record("no properties at \(pointer)")
        return
      }
      #expect(Set(properties.map(\.name)).count == properties.count)
      #expect(Set(members.map(\.name)) == Set(properties.map(\.name)), "\(pointer)")
      #expect(
        Self.faults(act, whole(value.with("colour", "red"))).map(\.pointer).contains(pointer + "/colour"))
      for member in members {
        let faults = Self.faults(act, whole(value.with(member.name, nil)))
        let place = "\(pointer)/\(member.name)"
        let isReported = faults.contains { $0.refusal == .memberMissing && $0.pointer == place }
        #expect(isReported == required.contains(.string(member.name)), "\(place)")
        #expect(Self.faults(act, whole(value.with(member.name, .null))).contains { $0.pointer == place }, "\(place)")
        let part = try #require(schema["properties"]?[member.name])
        try check(act, part, member.value, at: place) { whole(value.with(member.name, $0)) }
      }
    case .array(let elements):
      #expect(schema["type"] == "array")
      let item = try #require(schema["items"])
      let most = Int(try #require(schema["maxItems"]?.integer))
      guard let first = elements.first else { return }
      try check(act, item, first, at: pointer + "/0") { whole(.array([$0] + elements.dropFirst())) }
      let tooMany = JSON.array([JSON](repeating: first, count: most + 1))
      #expect(Self.faults(act, whole(tooMany)).map(\.pointer).contains(pointer))
    case .string:
      #expect(schema["type"] == "string" || schema["enum"]?.array?.contains(value) == true, "\(pointer)")
      #expect(!Self.faults(act, whole("\u{0}")).isEmpty, "\(pointer)")
    case .integer:
      let least = try #require(schema["minimum"]?.integer)
      let most = try #require(schema["maximum"]?.integer)
      #expect(
        !Self.faults(act, whole(.integer(least - 1))).isEmpty && !Self.faults(act, whole(.integer(most + 1))).isEmpty)
    case .bool, .null: Issue.record("no act has such a member: \(pointer)")
    }
  }

  @Test("All faults of a document are reported at once, each with its place")
  func allAtOnce() {
    let faults = Self.faults(
      PlaceOrder.self,
      [
        "number": "", "supplier": "Foundry", "currency": "CNY", "date": "2025-02-29", "colour": "red",
        "lines": [["line": "1", "quantity": "0", "unit": "t", "amount": "1.0"], ["line": "2"]],
        "carriers": ["rail", "rail"],
      ])
    #expect(
      faults.map { "\($0.refusal) \($0.pointer)" } == [
        "memberInvalid /terms/number", "memberInvalid /terms/supplier", "memberInvalid /terms/date",
        "memberInvalid /terms/lines/0/quantity", "amountDigits /terms/lines/0/amount",
        "memberMissing /terms/lines/1/quantity", "memberMissing /terms/lines/1/unit",
        "memberMissing /terms/lines/1/amount", "memberInvalid /terms/carriers/1", "memberUnknown /terms/colour",
      ])
  }

  @Test("An amount or a quantity of nothing is no line; additions may be nothing")
  func nothing() {
    let invoice = Self.examples[5].terms
    #expect(Self.faults(IssueInvoice.self, invoice.with("total", "0.00")).map(\.refusal) == [.amountDigits])
    let line: JSON = ["line": "1", "quantity": "0.000000", "amount": "0.00"]
    #expect(
      Self.faults(IssueInvoice.self, invoice.with("lines", [line])).map(\.pointer)
        == ["/terms/lines/0/quantity", "/terms/lines/0/amount"])
  }

  @Test("A type that the network does not know is refused")
  func unknownType() {
    var book = Book()
    #expect(throws: Violations(.typeUnknown, "/type", "\"order/2\" is not known")) {
      _ = try book.document("order/2", by: "steelworks", [:])
    }
  }

  @Test("Each schema is one of a whole payload, with a name of its own", arguments: examples)
  func payloadSchema(example: Example) throws {
    let schema = example.act.schema
    #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
    #expect(schema["$id"] == .string("urn:lianrong:schema:\(example.act.type)"))
    #expect(schema["properties"]?["type"]?["const"] == .string(example.act.type))
    #expect(schema["x-committed"]?.array?.compactMap(\.string) == example.act.committed)
    #expect(try JSON.parse(schema.utf8) == schema)
    #expect(Genesis.schema["properties"]?["members"]?["items"]?["properties"]?["sealingKey"] != nil)
  }

  @Test("Each act tells the parties that receive what is committed")
  func parties() throws {
    let parties = try Self.examples.map { try $0.act.read($0.terms).parties }
    #expect(parties == [["foundry"], ["b"], ["b", "rail"], ["s"], ["s"], ["b"], ["b"], [], [], [], [], []])
  }
}
