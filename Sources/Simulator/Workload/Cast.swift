import Contracts
import Ledger
import Sodium

/// The organisations of the simulated network and their keys, which every process makes alike from their names.
enum Cast {
  static let buyers = ["huadong", "donghai", "xibei"]
  static let suppliers = ["jinling", "taihu", "lushan", "minjiang"]
  static let banks = ["jiangnan", "puhui", "qinhuai"]
  static let carriers = ["sutong", "changhang"]
  static let board = ["huadong", "jiangnan", "puhui"]

  /// Validators are the first of these.
  static let members = [
    "huadong", "jiangnan", "puhui", "sutong", "donghai", "qinhuai", "jinling", "changhang", "taihu", "xibei", "lushan",
    "minjiang",
  ]

  /// Network time runs so much faster than the world's clocks, so that receivables mature within a run.
  static let clockRate: Int64 = 1_000

  private static func role(_ member: String) -> String {
    if buyers.contains(member) { return "coreEnterprise" }
    if suppliers.contains(member) { return "supplier" }
    return banks.contains(member) ? "bank" : "carrier"
  }

  static func key(_ name: String) -> SigningKey {
    let seed = sha256(Array(name.utf8)).bytes
    return SigningKey(seed: SecretBytes(count: seed.count) { $0.copyBytes(from: seed) })!
  }

  private static let voteKeys: [PublicKey: String] = Dictionary(
    uniqueKeysWithValues: (members + members.map { "\($0) next" }).map { (key("\($0) vote").publicKey, "\($0) vote") })

  /// Each validator has a second vote key ready.
  static func voteKeys(of organisation: String) -> [PublicKey] {
    [key("\(organisation) vote").publicKey, key("\(organisation) next vote").publicKey]
  }

  /// The key whose public half a validator set names.
  static func voteKey(of publicKey: PublicKey) -> SigningKey { key(voteKeys[publicKey] ?? "") }

  static func text(_ key: PublicKey) -> JSON { .string(Base64URL.encode(key.bytes)) }

  static func genesis(validators count: Int) -> Genesis {
    let members = members.map { member -> JSON in
      let all: JSON = ["trade", "logistics", "confirm", "finance", "keys", "governance"]
      return [
        "id": .string(member), "name": .string(member), "roles": [.string(role(member))], "identifiers": [],
        "sealingKey": .string(Base64URL.encode(key("\(member) sealing").publicKey.bytes)),
        "keys": [["name": "main", "publicKey": text(key("\(member)/main").publicKey), "permissions": all]],
      ]
    }
    let validators = Cast.members.prefix(count).map { member -> JSON in
      [
        "organisation": .string(member), "voteKey": text(key("\(member) vote").publicKey),
        "transportKey": text(key("\(member) transport").publicKey),
      ]
    }
    let json: JSON = [
      "name": "simulated", "time": .integer(VirtualClock.epoch), "production": false,
      "clock": ["origin": .integer(VirtualClock.epoch / 1_000), "rate": .integer(clockRate)],
      "members": .array(members), "validators": .array(validators),
      "board": ["organisations": .array(board.map { .string($0) }), "threshold": 2],
      "parameters": [
        "documentValiditySeconds": 31_536_000, "clockDriftMilliseconds": .integer(300 * clockRate),
        "deltaMilliseconds": 100, "idleIntervalMilliseconds": 5_000, "offerWindowSeconds": 0, "blockDocuments": 64,
        "issuerQuota": 16,
      ],
    ]
    do throws(Violations) {
      return try Genesis(json: json.utf8)
    } catch {
      preconditionFailure("the simulated genesis is wrong: \(error)")
    }
  }
}
