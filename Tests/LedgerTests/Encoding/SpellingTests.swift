import Ledger
import Sodium
import Testing

@Suite("One thing has one spelling")
struct SpellingTests {
  @Test("E-4: every domain is a hash function of its own") func domains() {
    let digests = Domain.allCases.map { Digest($0, of: Array("the same bytes".utf8)) }
    #expect(digests.count > 10)
    #expect(Set(digests).count == digests.count)
    for domain in Domain.allCases { #expect("lianrong/\(domain.rawValue)".utf8.count == 16) }
  }

  @Test(
    "base64url round trips (RFC 4648 §10)",
    arguments: zip(
      ["", "f", "fo", "foo", "foob", "fooba", "foobar"], ["", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"]))
  func base64(plain: String, text: String) {
    #expect(Base64URL.encode(plain.utf8) == text)
    #expect(Base64URL.decode(text) == Array(plain.utf8))
  }

  @Test(
    "E-6: padding, the other alphabet, white space, unused bits and impossible lengths are refused",
    arguments: ["Zg==", "Zm9v\n", "Zm+v", "Zm/v", "Zh", "Zm9", "Z", "Zm9vY", " Zg", "Zg=", "Zm9vYmF="])
  func strictBase64(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test("a digest is written in lower case, and in no other way") func digests() throws {
    let digest = Digest(.block, of: [1, 2, 3])
    let text = "\(digest)"
    #expect(Digest(hexadecimal: text) == digest)
    #expect(Digest(hexadecimal: text.uppercased()) == nil)
    #expect(Digest(hexadecimal: String(text.dropLast())) == nil)
    #expect(Digest(hexadecimal: text + "0") == nil)
    #expect(Digest(digest.bytes) == digest)
    #expect(digest.nibble(0) == digest.bytes[0] >> 4 && digest.nibble(63) == digest.bytes[31] & 15)
  }

  @Test("digests are ordered as their bytes are") func order() {
    let digests = (0..<200).map { Digest(.local, of: [UInt8($0)]) }.sorted()
    for (a, b) in zip(digests, digests.dropFirst()) { #expect(a.bytes.lexicographicallyPrecedes(b.bytes)) }
  }

  @Test("names are compared byte by byte: a Kelvin sign is no K") func names() throws {
    let json = try JSON.parse(Array("{\"\u{212A}\":1}".utf8))
    #expect(json["K"] == nil)
    #expect(json["\u{212A}"] == 1)
  }
}
