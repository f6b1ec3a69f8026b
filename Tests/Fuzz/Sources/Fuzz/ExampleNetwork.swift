import Contracts
import Ledger
import Sodium

/// A network of seven organisations whose secret keys everybody knows.
enum ExampleNetwork {
  static func key(_ name: String) -> SigningKey {
    let seed = sha256(Array(name.utf8)).bytes
    guard let key = SigningKey(seed: SecretBytes(count: seed.count, filling: { $0.copyBytes(from: seed) })) else {
      fatalError("32 bytes are a seed")
    }
    return key
  }

  /// Making a key costs more than signing with it.
  private final class HeldKey: Sendable {
    let key: SigningKey
    init(_ name: String) { key = ExampleNetwork.key(name) }
  }

  private static let memberKeys: [String: HeldKey] = Dictionary(
    uniqueKeysWithValues: keyNames.map { ($0, HeldKey($0)) })

  static func publicKey(_ name: String) -> JSON { .string(Base64URL.encode(key(name).publicKey.bytes)) }

  static let sealingKey: [UInt8] = {
    let seed = sha256(Array("seal".utf8)).bytes
    guard let key = OpeningKey(seed: SecretBytes(count: seed.count, filling: { $0.copyBytes(from: seed) })) else {
      fatalError("32 bytes are a seed")
    }
    return key.publicKey
  }()

  static func member(_ id: String, _ role: JSON, identifiers: JSON = []) -> JSON {
    [
      "id": .string(id), "name": .string(id), "roles": [role], "identifiers": identifiers,
      "sealingKey": .string(Base64URL.encode(sealingKey)),
      "keys": [
        [
          "name": "main", "publicKey": publicKey(id),
          "permissions": ["trade", "logistics", "confirm", "finance", "keys", "governance"],
        ]
      ],
    ]
  }

  static let validatorNames = ["steelworks", "harbour-bank", "river-bank", "settlement-bank"]

  static let genesisJSON: JSON = [
    "name": "harbour", "time": 1_750_000_000_000, "production": false, "clock": ["origin": 1_750_000_000, "rate": 10],
    "members": [
      member("steelworks", "coreEnterprise", identifiers: [["scheme": "lei", "value": "5493001KJTIIGC8Y1R12"]]),
      member("foundry", "supplier"), member("mill", "supplier"), member("rail", "carrier"),
      member("harbour-bank", "bank"), member("river-bank", "bank"), member("settlement-bank", "bank"),
    ],
    "validators": .array(
      validatorNames.map {
        ["organisation": .string($0), "voteKey": publicKey("\($0)/vote"), "transportKey": publicKey("\($0)/node")]
      }),
    "observers": [["organisation": "mill", "transportKey": publicKey("mill/node")]],
    "board": ["organisations": ["steelworks", "harbour-bank"], "threshold": 2],
    "parameters": ["blockDocuments": 100, "issuerQuota": 50],
  ]

  static let genesis: Genesis = {
    do throws(Violations) {
      return try Genesis(json: genesisJSON.utf8)
    } catch {
      fatalError("the example is a sound genesis: \(error.all)")
    }
  }()

  static let keyNames = ["steelworks", "foundry", "mill", "rail", "harbour-bank", "river-bank", "settlement-bank"]
  /// By member; each member has one key.
  static let publicKeys: [String: PublicKey] = Dictionary(
    uniqueKeysWithValues: keyNames.map { ($0, key($0).publicKey) })

  /// The compact JWS of a member.
  static func signed(_ draft: DocumentDraft, by member: String, number: Int, at time: Int64) -> [UInt8] {
    let digits = String(number)
    let issue = DocumentDraft.Issue(
      network: genesis.network, key: KeyID(member: member, name: "main"),
      jti: "00000000-0000-4000-8000-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits,
      issuedAt: time, expiresAt: time + 3600, salts: draft.details.map { _ in [UInt8](repeating: 7, count: 16) })
    guard let held = memberKeys[member] else { fatalError("\(member) is no member") }
    return draft.signed(with: held.key, issue).compact
  }
}
