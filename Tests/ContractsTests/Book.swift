import Contracts
import Ledger
import Sodium
import Testing

/// A network of a few organisations in memory: every act goes the whole way, from signed bytes to changed state.
///
/// One document is one block, unless `block` says otherwise.
struct Book {
  static let registry = ActRegistry(ActRegistry.trade + ActRegistry.membership)

  let genesis: Genesis
  var state = MemoryState()
  var height: UInt64 = 0
  private var documents = 0

  init(genesis: Genesis = .example()) {
    self.genesis = genesis
    state.apply(genesis.initialState())
  }

  struct Entry: Equatable {
    let id: Digest
    let outcome: Outcome
    let pointer: String
  }

  mutating func submit(
    _ type: String, by issuer: String, key: String = "main", _ terms: JSON
  ) throws -> Entry {
    try block([try document(type, by: issuer, key: key, terms)])[0]
  }

  /// Signs, reads and verifies; nothing is executed yet.
  mutating func document(
    _ type: String, by issuer: String, key: String = "main", _ terms: JSON
  ) throws -> AdmittedDocument {
    documents += 1
    let digits = String(documents)
    let issue = DocumentDraft.Issue(
      network: genesis.network, key: KeyID(member: issuer, name: key),
      jti: "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits,
      issuedAt: 1_750_000_000, expiresAt: 1_750_003_600)
    let signingKey = signingKey("\(issuer)/\(key)")
    let signed = DocumentDraft(type: type, terms: terms).signed(with: signingKey, issue)
    let verified = try SignedDocument(signed.compact).verified(by: signingKey.publicKey)
    return try AdmittedDocument(verified, registry: Book.registry)
  }

  mutating func block(_ documents: [AdmittedDocument]) throws -> [Entry] {
    height += 1
    let result = try Executor.execute(documents, in: BlockContext(height: height, time: 1_750_000_000_000), on: state)
    state.apply(result.changes)
    return result.outcomes.map { Entry(id: $0.document, outcome: $0.outcome, pointer: $0.pointer) }
  }

  func find<T: StateObject>(_ id: T.ID, _ type: T.Type = T.self) throws -> T {
    var reading = State(state)
    let object = reading.get(T.self, id)
    return try #require(object)
  }
}

func signingKey(_ name: String) -> SigningKey {
  let seed = sha256(Array(name.utf8)).bytes
  return SigningKey(seed: SecretBytes(count: seed.count) { $0.copyBytes(from: seed) })!
}

/// Base64url of the public key that `signingKey` has.
func publicKey(_ name: String) -> JSON { .string(Base64URL.encode(signingKey(name).publicKey.bytes)) }

extension JSON {
  /// The object with one member put in, replaced, or (nil) left out.
  func with(_ name: String, _ value: JSON?) -> JSON {
    guard case .object(let members) = self else { return self }
    guard let value else { return .object(members.filter { $0.name != name }) }
    guard members.contains(where: { $0.name == name }) else { return .object(members + [.init(name, value)]) }
    return .object(members.map { $0.name == name ? .init(name, value) : $0 })
  }
}

extension Genesis {
  static func member(_ id: String, _ roles: [JSON], keys: [JSON]? = nil) -> JSON {
    [
      "id": .string(id), "name": .string(id), "roles": .array(roles), "identifiers": [],
      "sealingKey": publicKey("\(id)/seal"), "keys": .array(keys ?? [key("\(id)/main")]),
    ]
  }

  static func key(
    _ id: String, _ permissions: [JSON] = ["trade", "logistics", "confirm", "finance", "keys", "governance"]
  )
    -> JSON
  {
    [
      "name": .string(String(id.split(separator: "/")[1])), "publicKey": publicKey(id),
      "permissions": .array(permissions),
    ]
  }

  static let json: JSON = [
    "name": "harbour", "time": 1_750_000_000_000, "production": false,
    "members": [
      member("steelworks", ["coreEnterprise"]), member("dealer", ["distributor"]), member("foundry", ["supplier"]),
      member("mill", ["supplier"]), member("rail", ["carrier"]), member("trucks", ["carrier"]),
      member("bank", ["bank"]), member("factor", ["bank"]),
    ],
    "validators": [
      [
        "organisation": "steelworks", "voteKey": publicKey("steelworks/vote"),
        "transportKey": publicKey("steelworks/node"),
      ]
    ],
    "observers": [["organisation": "bank", "transportKey": publicKey("bank/node")]],
    "board": ["organisations": ["steelworks", "bank", "factor"], "threshold": 2],
  ]

  static func example(_ change: (JSON) -> JSON = { $0 }) -> Genesis {
    guard let genesis = try? Genesis(json: change(json).utf8) else {
      preconditionFailure("an example is a sound genesis")
    }
    return genesis
  }
}
