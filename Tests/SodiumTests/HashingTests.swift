import Sodium
import Testing

@Suite("Hashing")
struct HashingTests {
  static let messages: [[UInt8]] = [[], Array("abc".utf8), Array(0...255)]

  /// Computed with Python: hashlib.blake2b(message, digest_size=32, person=b"lianrong/doc    ").hexdigest() and so
  /// on.
  @Test(
    "BLAKE2b-256 with a personalisation is what Python's hashlib computes",
    arguments: [
      (
        "lianrong/doc    ",
        [
          "d7afe07d19a35e09ea5df0adfc57dcc432e6206224cb0310bfb16d303c99cef2",
          "e1aae3385a7979e40d25c1ab7e23384db9fc1086fbf058175948083e557e228f",
          "41bd494e490fb16cd8086ee15bfde45bfb3bd5319f1ce7815ca5c9e617717bbb",
        ]
      ),
      (
        "lianrong/snode  ",
        [
          "bb65433867289abaf37b0e9bc75e2ced34b3cdf30d255679f34765635e9f2ba3",
          "c7947730f3cefe301edb873d0a17356fbfce821868ca8277e53a76140cca68b1",
          "8459eb6e5e4616ba536ce3f6fad17ca1d34fa5e5da0fb07c7359c52ee6f04aca",
        ]
      ),
    ])
  func personalisation(personal: String, expected: [String]) {
    for (message, digest) in zip(Self.messages, expected) {
      let computed = message.withUnsafeBytes { message in
        Array(personal.utf8).withUnsafeBytes { blake2b(message, personal: $0) }
      }
      #expect(computed.description == digest)
    }
  }

  @Test("SHA-256 of the examples of FIPS 180")
  func sha() {
    #expect(sha256([]).description == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      sha256(Array("abc".utf8)).description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test("a digest has one spelling, the order of its bytes and their nibbles")
  func digests() throws {
    let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    let digest = try #require(Digest(hexadecimal: text))
    #expect(digest.description == text)
    #expect(digest.bytes == bytesOf(hexadecimal: text))
    #expect((0..<64).map { "0123456789abcdef".utf8.map { $0 }[Int(digest.nibble($0))] } == Array(text.utf8))
    #expect(Digest(hexadecimal: text.uppercased()) == nil)
    #expect(Digest(hexadecimal: text.dropLast()) == nil)
    #expect(Digest(hexadecimal: text + "00") == nil)
    #expect(Digest([UInt8](repeating: 0, count: 31)) == nil)
    for place in 0..<Digest.size {
      var greater = [UInt8](repeating: 0x7f, count: 32)
      let lesser = try #require(Digest(greater))
      greater[place] = 0x80
      let other = try #require(Digest(greater))
      #expect(lesser < other)
      #expect(!(other < lesser))
      #expect(lesser != other)
    }
  }
}
