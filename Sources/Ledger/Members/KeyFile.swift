import Sodium

/// A secret key at rest, as one JSON object: 32 bytes of seed, encrypted under a passphrase or, where its owner says
/// so, plain.
package struct KeyFile: Equatable, Sendable {
  package static let type = "lianrong-key/1"

  package enum Use: String, CaseIterable, Sendable {
    /// Ed25519, for documents, votes and transport.
    case signing
    /// X25519, for what is sealed to a member.
    case sealing
  }

  package enum Secret: Equatable, Sendable {
    case plain(seed: [UInt8])
    case encrypted(salt: [UInt8], nonce: [UInt8], cost: PassphraseBox.Cost, sealed: [UInt8])
  }

  /// `member/key`, or what a node's own key is for.
  package let name: String
  package let use: Use
  package let publicKey: [UInt8]
  package let secret: Secret

  package init(name: String, use: Use, publicKey: [UInt8], secret: Secret) {
    self.name = name
    self.use = use
    self.publicKey = publicKey
    self.secret = secret
  }

  package init(json bytes: [UInt8]) throws(Violations) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(bytes)
    } catch {
      throw Violations(.jsonInvalid, error.pointer, error.reason.rawValue)
    }
    self = try Form.read(json) { KeyFile(&$0) }
  }

  private init(_ form: inout Form) {
    _ = form.string("type", schema: ["const": .string(KeyFile.type)], placeholder: "", rule: KeyFile.type) {
      $0 == KeyFile.type ? $0 : nil
    }
    name = form.text("name")
    use = form.choice("use")
    publicKey = form.key("publicKey")
    let seed = form.optional("seed") { $0.key("seed") }
    let encrypted = form.optional("encrypted") { form in
      form.object("encrypted") { form in
        Secret.encrypted(
          salt: form.base64("salt"), nonce: form.base64("nonce"),
          cost: PassphraseBox.Cost(
            operations: UInt64(form.integer("operations", 1...16)),
            memoryBytes: Int(form.integer("memoryBytes", 8192...(1 << 30)))),
          sealed: form.base64("sealed"))
      }
    }
    form.require((seed == nil) != (encrypted == nil), "seed", "either seed or encrypted")
    secret = encrypted ?? .plain(seed: seed ?? [])
  }

  package var json: JSON {
    var members: [JSON.Member] = [
      .init("type", .string(KeyFile.type)), .init("name", .string(name)), .init("use", .string(use.rawValue)),
      .init("publicKey", .string(Base64URL.encode(publicKey))),
    ]
    switch secret {
    case .plain(let seed): members.append(.init("seed", .string(Base64URL.encode(seed))))
    case .encrypted(let salt, let nonce, let cost, let sealed):
      members.append(
        .init(
          "encrypted",
          [
            "salt": .string(Base64URL.encode(salt)), "nonce": .string(Base64URL.encode(nonce)),
            "operations": .integer(Int64(cost.operations)), "memoryBytes": .integer(Int64(cost.memoryBytes)),
            "sealed": .string(Base64URL.encode(sealed)),
          ]))
    }
    return .object(members)
  }

  package var isEncrypted: Bool {
    if case .encrypted = secret { true } else { false }
  }

  /// Nil for a wrong passphrase, or when a passphrase is needed and none is given.
  package func seed(passphrase: [UInt8]?) -> SecretBytes? {
    switch secret {
    case .plain(let seed):
      guard seed.count == SigningKey.seedSize else { return nil }
      return SecretBytes(count: seed.count) { $0.copyBytes(from: seed) }
    case .encrypted(let salt, let nonce, let cost, let sealed):
      guard let passphrase else { return nil }
      return PassphraseBox.open(sealed, passphrase: passphrase, salt: salt, nonce: nonce, cost: cost)
    }
  }

  /// The key, if it is the one whose public half the file names.
  package func signingKey(passphrase: [UInt8]? = nil) -> SigningKey? {
    guard use == .signing, let seed = seed(passphrase: passphrase), let key = SigningKey(seed: seed),
      key.publicKey.bytes == publicKey
    else { return nil }
    return key
  }

  package func openingKey(passphrase: [UInt8]? = nil) -> OpeningKey? {
    guard use == .sealing, let seed = seed(passphrase: passphrase), let key = OpeningKey(seed: seed),
      key.publicKey == publicKey
    else { return nil }
    return key
  }

  /// A key file for a seed that the caller drew; `passphrase` with 16 bytes of salt and 24 of nonce encrypts it.
  package static func make(
    name: String, use: Use, seed: [UInt8], passphrase: [UInt8]? = nil, salt: [UInt8] = [], nonce: [UInt8] = [],
    cost: PassphraseBox.Cost = .moderate
  ) -> KeyFile? {
    guard seed.count == SigningKey.seedSize else { return nil }
    let secret = SecretBytes(count: seed.count) { $0.copyBytes(from: seed) }
    let publicKey: [UInt8]?
    switch use {
    case .signing: publicKey = SigningKey(seed: secret)?.publicKey.bytes
    case .sealing: publicKey = OpeningKey(seed: secret)?.publicKey
    }
    guard let publicKey else { return nil }
    guard let passphrase else {
      return KeyFile(name: name, use: use, publicKey: publicKey, secret: .plain(seed: seed))
    }
    guard salt.count == PassphraseBox.saltSize, nonce.count == PassphraseBox.nonceSize,
      let sealed = PassphraseBox.seal(secret, passphrase: passphrase, salt: salt, nonce: nonce, cost: cost)
    else { return nil }
    return KeyFile(
      name: name, use: use, publicKey: publicKey,
      secret: .encrypted(salt: salt, nonce: nonce, cost: cost, sealed: sealed))
  }
}

extension Form {
  fileprivate mutating func base64(_ name: String) -> [UInt8] {
    string(name, schema: ["type": "string"], placeholder: [], rule: "base64url") { Base64URL.decode($0) }
  }
}
