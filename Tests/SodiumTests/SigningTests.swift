import Sodium
import Testing

func secret(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) } }

@Suite("Signing")
struct SigningTests {
  struct Example: Sendable {
    let seed: String
    let key: String
    let message: String
    let signature: String
  }

  /// RFC 8032 §7.1, TEST 1 to 3.
  static let examples = [
    Example(
      seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      message: "",
      signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
        + "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    Example(
      seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      message: "72",
      signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    Example(
      seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      message: "af82",
      signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
  ]

  @Test("a seed of RFC 8032 gives the RFC's public key and signature", arguments: examples)
  func rfc8032(example: Example) throws {
    let seed = try #require(bytesOf(hexadecimal: example.seed))
    let message = try #require(bytesOf(hexadecimal: example.message))
    guard let key = SigningKey(seed: secret(seed)) else {
      Issue.record("the seed was refused")
      return
    }
    #expect(hexadecimal(key.publicKey.bytes) == example.key)
    let signature = key.sign(message)
    #expect(hexadecimal(signature.bytes) == example.signature)
    #expect(key.withSeed { Array($0) } == seed)
    let publicKey = key.publicKey
    #expect(publicKey.isAcceptable)
    #expect(publicKey.verifies(signature, of: message))
    #expect(!publicKey.verifies(signature, of: message + [0]))
    for place in 0..<Signature.size {
      var altered = signature.bytes
      altered[place] ^= 1
      #expect(!publicKey.verifies(try #require(Signature(altered)), of: message), "byte \(place)")
    }
  }

  @Test("a seed, a key or a signature of another length is refused", arguments: [0, 31, 33, 63, 65])
  func lengths(count: Int) {
    let bytes = [UInt8](repeating: 7, count: count)
    #expect(PublicKey(bytes) == nil)
    #expect(Signature(bytes) == nil)
    if count > 0 {
      let isRefused = SigningKey(seed: secret(bytes)) == nil
      #expect(isRefused)
    }
  }

  /// The eight points of small order and the encodings of them that are not canonical (RFC 7748 §5: y ≥ 2^255 − 19).
  static let smallOrder = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  ]

  @Test(
    "no key of small order may be registered, and none verifies the all-accepting signature",
    arguments: smallOrder)
  func smallOrderKeys(text: String) throws {
    let key = try #require(PublicKey(bytesOf(hexadecimal: text) ?? []))
    #expect(!key.isAcceptable)
    let identity = [1] + [UInt8](repeating: 0, count: 63)
    #expect(!key.verifies(try #require(Signature(identity)), of: Array("anything".utf8)))
  }

  @Test("a generated key signs, and two are not the same")
  func generated() {
    let first = SigningKey.generate()
    let second = SigningKey.generate()
    let message = Array("an invoice".utf8)
    let signature = first.sign(message)
    let keys = (first.publicKey, second.publicKey)
    #expect(keys.0 != keys.1)
    #expect(keys.0.isAcceptable)
    #expect(keys.0.verifies(signature, of: message))
    #expect(!keys.1.verifies(signature, of: message))
  }
}
