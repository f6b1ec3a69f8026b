import Contracts
import Ledger
import Sodium
import Testing

@Suite("Genesis")
struct GenesisTests {
  static func faults(_ json: JSON) -> [String] {
    do throws(Violations) {
      _ = try Genesis(json: json.utf8)
      return []
    } catch {
      return error.all.map(\.pointer)
    }
  }

  static func with(_ name: String, _ value: JSON?) -> JSON { Genesis.json.with(name, value) }

  /// The member `name` of the first element of the list `list` becomes `value`.
  static func first(_ list: String, _ name: String, _ value: JSON?) -> JSON {
    guard var elements = Genesis.json[list]?.array else { return Genesis.json }
    elements[0] = elements[0].with(name, value)
    return with(list, .array(elements))
  }

  @Test("The exact bytes of the file name the chain and the network")
  func chain() throws {
    let genesis = Genesis.example()
    #expect(genesis.bytes == Genesis.json.utf8)
    #expect(genesis.chain == Digest(.genesis, of: genesis.bytes))
    #expect(genesis.network == "harbour-" + genesis.chain.description.prefix(16))
    let spaced = try Genesis(json: genesis.bytes + [0x0a])
    #expect(spaced.chain != genesis.chain && spaced.initialState() == genesis.initialState())
  }

  @Test("The state at height 0 holds the parameters, the nodes, the members and their keys, in the order of keys")
  func initialState() throws {
    let changes = Genesis.example().initialState()
    #expect(changes.count == 3 + 8 * 3)
    #expect(zip(changes, changes.dropFirst()).allSatisfy { $0.key.lexicographicallyPrecedes($1.key) })
    let book = Book()
    let parameters: Parameters = try book.find(Parameters.id)
    #expect(parameters == Parameters(board: ["steelworks", "bank", "factor"], boardThreshold: 2))
    let record: KeyRecord = try book.find(KeyID(member: "rail", name: "main"))
    #expect(record.publicKey == signingKey("rail/main").publicKey && record.isValid(at: 0) && record.addedAt == 0)
    #expect(try book.find("rail", KeyRing.self).keys == ["main"])
  }

  @Test("The order of members in the file does not matter to the state")
  func memberOrder() {
    let reversed = Genesis.example { $0.with("members", .array($0["members"]!.array!.reversed())) }
    #expect(reversed.initialState() == Genesis.example().initialState())
    #expect(reversed.members == Genesis.example().members)
  }

  @Test("Validators and observers are read in the order of the file")
  func nodes() {
    let genesis = Genesis.example { json in
      json.with(
        "validators",
        .array(
          ["steelworks", "bank"].map {
            ["organisation": .string($0), "voteKey": publicKey("\($0)/vote"), "transportKey": publicKey("\($0)/port")]
          }))
    }
    #expect(genesis.validators.epoch == 0)
    #expect(genesis.validators.validators.map(\.organisation) == ["steelworks", "bank"])
    #expect(genesis.validators.validators[1].voteKey == signingKey("bank/vote").publicKey)
    #expect(genesis.observers.map(\.organisation) == ["bank"])
  }

  @Test("Parameters that are named are taken, the others keep their defaults")
  func parameters() {
    let genesis = Genesis.example {
      $0.with("parameters", ["blockDocuments": 100, "issuerQuota": 10, "executionLag": 4, "maximumTenorDays": 180])
    }
    var expected = Parameters(board: ["steelworks", "bank", "factor"], boardThreshold: 2)
    expected.blockDocuments = 100
    expected.issuerQuota = 10
    expected.executionLag = 4
    expected.maximumTenorDays = 180
    #expect(genesis.parameters == expected)
  }

  @Test("A clock of its own is for demonstrations, never for production")
  func clock() {
    let clock: JSON = ["origin": 1_750_000_000, "rate": 3600]
    #expect(Genesis.example { $0.with("clock", clock) }.clock == Genesis.Clock(origin: 1_750_000_000, rate: 3600))
    #expect(Self.faults(Self.with("clock", clock).with("production", true)) == ["/clock", "/validators"])
    #expect(Self.faults(Self.with("clock", ["origin": 0, "rate": 0])) == ["/clock/rate"])
  }

  @Test(
    "A fault is named with its place",
    arguments: [
      (first("members", "id", "dealer"), ["/members/1/id", "/validators/0/organisation", "/board/organisations/0"]),
      (first("members", "keys", []), ["/members/0/keys"]),
      (
        first("members", "keys", [Genesis.key("steelworks/main"), Genesis.key("steelworks/main")]),
        ["/members/0/keys/1/name"]
      ),
      (first("members", "keys", [Genesis.key("steelworks/main", ["trade"])]), ["/board/organisations/0"]),
      (
        first("members", "keys", [Genesis.key("steelworks/main").with("validUntilHeight", 0)]),
        ["/members/0/keys/0/validUntilHeight"]
      ),
      (first("members", "roles", ["supplier", "supplier"]), ["/members/0/roles/1"]),
      (first("members", "roles", ["king"]), ["/members/0/roles/0"]),
      (
        first("members", "identifiers", [["scheme": "lei", "value": "5493007HHN4G8PA5MS12"]]),
        ["/members/0/identifiers/0/value"]
      ),
      (first("validators", "organisation", "nobody"), ["/validators/0/organisation"]),
      (first("validators", "voteKey", publicKey("steelworks/node")), ["/validators/0/transportKey"]),
      (first("observers", "transportKey", publicKey("steelworks/node")), ["/observers/0/transportKey"]),
      (first("observers", "organisation", "nobody"), ["/observers/0/organisation"]),
      (
        with("validators", .array(Genesis.json["validators"]!.array! + Genesis.json["validators"]!.array!)),
        ["/validators/1/organisation", "/validators/1/voteKey", "/validators/1/transportKey"]
      ),
      (
        with("board", ["organisations": ["bank", "bank"], "threshold": 3]),
        ["/board/organisations/1"]
      ),
      (
        with("board", ["organisations": ["bank"], "threshold": 3]), ["/board/threshold"]
      ),
      (with("parameters", ["blockDocuments": 10]), ["/parameters/issuerQuota"]),
      (with("parameters", ["blockBytes": 1, "colour": 1]), ["/parameters/blockBytes", "/parameters/colour"]),
      (with("parameters", ["idleIntervalMilliseconds": 499]), ["/parameters/idleIntervalMilliseconds"]),
      (with("name", "Harbour").with("time", nil), ["/name", "/time"]),
    ] as [(JSON, [String])])
  func faults(json: JSON, pointers: [String]) {
    #expect(Self.faults(json) == pointers)
  }

  @Test("Keys of small order are refused wherever they stand")
  func smallOrder() {
    let key = JSON.string(Base64URL.encode([1] + [UInt8](repeating: 0, count: 31)))
    #expect(Self.faults(Self.first("validators", "voteKey", key)) == ["/validators/0/voteKey"])
    #expect(Self.faults(Self.first("observers", "transportKey", key)) == ["/observers/0/transportKey"])
    #expect(
      Self.faults(Self.first("members", "keys", [Genesis.key("steelworks/main").with("publicKey", key)]))
        == ["/members/0/keys/0/publicKey"])
  }

  @Test("What is not JSON says where it stops")
  func notJSON() {
    #expect(throws: Violations(.jsonInvalid, "/name", "unexpectedEnd at byte 8")) {
      try Genesis(json: Array("{\"name\":".utf8))
    }
  }
}
