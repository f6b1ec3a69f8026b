import Sodium
import Testing

@Suite("Sealed boxes")
struct SealedBoxTests {
  static let plaintext = Array("unit price 12.40".utf8)

  @Test(
    "only the recipient opens a box, every box is another, and no altered byte passes", arguments: [0, 1, 16, 1000])
  func recipient(count: Int) throws {
    let plaintext = [UInt8](repeating: 5, count: count)
    guard let recipient = OpeningKey(seed: secret([UInt8](repeating: 1, count: 32))),
      let stranger = OpeningKey(seed: secret([UInt8](repeating: 2, count: 32)))
    else {
      Issue.record("a seed was refused")
      return
    }
    let box = try #require(SealedBox.seal(plaintext, to: recipient.publicKey))
    #expect(box.count == count + SealedBox.overhead)
    #expect(recipient.open(box) == plaintext)
    #expect(stranger.open(box) == nil)
    #expect(SealedBox.seal(plaintext, to: recipient.publicKey) != box)
    for place in box.indices {
      var altered = box
      altered[place] ^= 1
      #expect(recipient.open(altered) == nil, "byte \(place)")
    }
    #expect(recipient.open(Array(box.dropLast())) == nil)
    #expect(recipient.open(box + [0]) == nil)
    #expect(recipient.open([]) == nil)
  }

  @Test("nothing is sealed to a key of small order or of another length")
  func recipientKeys() {
    let one = [1] + [UInt8](repeating: 0, count: 31)
    for key in [
      [], [UInt8](repeating: 9, count: 31), [UInt8](repeating: 9, count: 33), [UInt8](repeating: 0, count: 32), one,
    ] {
      #expect(SealedBox.seal(Self.plaintext, to: key) == nil)
    }
    let isRefused = OpeningKey(seed: secret([1, 2, 3])) == nil
    #expect(isRefused)
  }
}

@Suite("Passphrase boxes")
struct PassphraseBoxTests {
  static let cheapest = PassphraseBox.Cost(operations: 1, memoryBytes: 8192)
  static let passphrase = Array("correct horse".utf8)
  static let salt = [UInt8](repeating: 3, count: PassphraseBox.saltSize)
  static let nonce = [UInt8](repeating: 4, count: PassphraseBox.nonceSize)
  static let key = [UInt8](32..<64)

  static func box() -> [UInt8]? {
    PassphraseBox.seal(secret(key), passphrase: passphrase, salt: salt, nonce: nonce, cost: cheapest)
  }

  static func opened(
    _ box: [UInt8], passphrase: [UInt8] = passphrase, salt: [UInt8] = salt, nonce: [UInt8] = nonce,
    cost: PassphraseBox.Cost = cheapest
  ) -> [UInt8]? {
    guard let secret = PassphraseBox.open(box, passphrase: passphrase, salt: salt, nonce: nonce, cost: cost) else {
      return nil
    }
    return secret.withUnsafeBytes { Array($0) }
  }

  @Test("the passphrase opens it")
  func opens() throws {
    let box = try #require(Self.box())
    #expect(Self.opened(box) == Self.key)
    #expect(!box.starts(with: Self.key))
  }

  @Test("a wrong passphrase, salt, nonce or cost does not")
  func wrong() throws {
    let box = try #require(Self.box())
    #expect(Self.opened(box, passphrase: Array("Correct horse".utf8)) == nil)
    #expect(Self.opened(box, passphrase: []) == nil)
    #expect(Self.opened(box, salt: Self.salt.map { $0 ^ 1 }) == nil)
    #expect(Self.opened(box, salt: []) == nil)
    #expect(Self.opened(box, nonce: Self.nonce.map { $0 ^ 1 }) == nil)
    #expect(Self.opened(box, nonce: []) == nil)
    #expect(Self.opened(box, cost: PassphraseBox.Cost(operations: 2, memoryBytes: 8192)) == nil)
  }

  @Test("a box with any byte altered, cut off or added does not open")
  func altered() throws {
    let box = try #require(Self.box())
    for place in box.indices {
      var altered = box
      altered[place] ^= 0x80
      #expect(Self.opened(altered) == nil, "byte \(place)")
    }
    #expect(Self.opened(box + [0]) == nil)
    for count in box.indices { #expect(Self.opened(Array(box.prefix(count))) == nil) }
  }

  @Test(
    "a key file cannot demand more than a process may spend",
    arguments: [(0, 8192), (17, 8192), (1, 8191), (1, 1 << 30 + 1), (1, -1), (.max, 8192)] as [(UInt64, Int)])
  func costs(operations: UInt64, memory: Int) {
    let cost = PassphraseBox.Cost(operations: operations, memoryBytes: memory)
    #expect(!cost.isAcceptable)
    #expect(
      PassphraseBox.seal(secret(Self.key), passphrase: Self.passphrase, salt: Self.salt, nonce: Self.nonce, cost: cost)
        == nil)
    #expect(Self.opened([UInt8](repeating: 0, count: 48), cost: cost) == nil)
    #expect(PassphraseBox.Cost.moderate.isAcceptable)
  }
}
