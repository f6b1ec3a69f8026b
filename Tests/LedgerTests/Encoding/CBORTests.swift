import Ledger
import Sodium
import Testing

@Suite("Deterministic CBOR (E-1, E-2, E-3)")
struct CBORTests {
  /// RFC 8949 appendix A, what the profile uses.
  static let used: [(String, CBORItem)] = [
    ("00", .unsigned(0)), ("01", .unsigned(1)), ("0a", .unsigned(10)), ("17", .unsigned(23)), ("1818", .unsigned(24)),
    ("1819", .unsigned(25)), ("1864", .unsigned(100)), ("1903e8", .unsigned(1000)),
    ("1a000f4240", .unsigned(1_000_000)),
    ("1b000000e8d4a51000", .unsigned(1_000_000_000_000)), ("1bffffffffffffffff", .unsigned(.max)),
    ("20", .negative(-1)), ("29", .negative(-10)), ("3863", .negative(-100)), ("3903e7", .negative(-1000)),
    ("f4", .bool(false)), ("f5", .bool(true)), ("f6", .null),
    ("40", .bytes([])), ("4401020304", .bytes([1, 2, 3, 4])),
    ("60", .text("")), ("6161", .text("a")), ("6449455446", .text("IETF")), ("62225c", .text("\"\\")),
    ("62c3bc", .text("\u{fc}")), ("63e6b0b4", .text("\u{6c34}")), ("64f0908591", .text("\u{10151}")),
    ("80", .array([])), ("83010203", .array([.unsigned(1), .unsigned(2), .unsigned(3)])),
    (
      "8301820203820405",
      .array([
        .unsigned(1), .array([.unsigned(2), .unsigned(3)]), .array([.unsigned(4), .unsigned(5)]),
      ])
    ),
    (
      "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
      .array((1...25).map { .unsigned($0) })
    ),
    ("a0", .map([])), ("a201020304", .map([.unsigned(1), .unsigned(2), .unsigned(3), .unsigned(4)])),
    (
      "a26161016162820203",
      .map([.text("a"), .unsigned(1), .text("b"), .array([.unsigned(2), .unsigned(3)])])
    ),
    ("826161a161626163", .array([.text("a"), .map([.text("b"), .text("c")])])),
    (
      "a56161614161626142616361436164614461656145",
      .map(["a", "A", "b", "B", "c", "C", "d", "D", "e", "E"].map { .text($0) })
    ),
  ]

  /// The rest of appendix A: integers below −2^63, floats, simple values, tags, indefinite lengths.
  static let unused: [(String, CBORError.Reason)] = [
    ("c249010000000000000000", .unsupported), ("3bffffffffffffffff", .outOfBounds),
    ("c349010000000000000000", .unsupported),
    ("f90000", .unexpectedType), ("f98000", .unexpectedType), ("f93c00", .unexpectedType),
    ("fb3ff199999999999a", .unexpectedType), ("f93e00", .unexpectedType), ("f97bff", .unexpectedType),
    ("fa47c35000", .unexpectedType), ("fa7f7fffff", .unexpectedType), ("fb7e37e43c8800759c", .unexpectedType),
    ("f90001", .unexpectedType), ("f90400", .unexpectedType), ("f9c400", .unexpectedType),
    ("fbc010666666666666", .unexpectedType), ("f97c00", .unexpectedType), ("f97e00", .unexpectedType),
    ("f9fc00", .unexpectedType), ("fa7f800000", .unexpectedType), ("fa7fc00000", .unexpectedType),
    ("faff800000", .unexpectedType), ("fb7ff0000000000000", .unexpectedType), ("fb7ff8000000000000", .unexpectedType),
    ("fbfff0000000000000", .unexpectedType), ("f7", .unexpectedType), ("f0", .unexpectedType),
    ("f8ff", .unexpectedType),
    ("c074323031332d30332d32315432303a30343a30305a", .unsupported), ("c11a514b67b0", .unsupported),
    ("c1fb41d452d9e8200000", .unsupported), ("d74401020304", .unsupported), ("d818456449455446", .unsupported),
    ("d82076687474703a2f2f7777772e6578616d706c652e636f6d", .unsupported),
    ("5f42010243030405ff", .notCanonical), ("7f657374726561646d696e67ff", .notCanonical), ("9fff", .notCanonical),
    ("9f018202039f0405ffff", .notCanonical), ("9f01820203820405ff", .notCanonical),
    ("83018202039f0405ff", .notCanonical), ("83019f0203ff820405", .notCanonical),
    ("9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", .notCanonical),
    ("bf61610161629f0203ffff", .notCanonical), ("826161bf61626163ff", .notCanonical),
    ("bf6346756ef563416d7421ff", .notCanonical),
  ]

  /// Heads longer than they need be, and initial bytes that RFC 8949 reserves.
  static let notCanonical = [
    "1800", "1817", "190000", "1900ff", "1a00000000", "1a0000ffff", "1b0000000000000000", "1b00000000ffffffff",
    "3800", "3817", "3900ff", "3a0000ffff", "3b00000000ffffffff", "5800", "580161", "590001aa", "5a00000001aa",
    "5b0000000000000001aa", "7800", "780161", "79000161", "9800", "980101", "99000101", "b800", "b8010101",
    "1c", "1d", "1e", "1f", "3c", "3f", "5c", "5f", "7c", "7f", "9c", "9f", "bc", "bf",
  ]

  static func bytes(_ text: String) throws -> [UInt8] { try #require(bytesOf(hexadecimal: text)) }

  @Test("examples of RFC 8949 that the profile uses are read and written again to the same bytes", arguments: used)
  func examples(text: String, item: CBORItem) throws {
    let bytes = try Self.bytes(text)
    #expect(try CBORItem(cbor: bytes) == item)
    #expect(item.cbor == bytes)
    for count in bytes.indices {
      #expect(throws: CBORError.self) { try CBORItem(cbor: Array(bytes.prefix(count))) }
    }
    #expect(throws: CBORError(.trailingBytes, offset: bytes.count)) { try CBORItem(cbor: bytes + [0]) }
  }

  @Test("all other examples are refused", arguments: unused)
  func refusedExamples(text: String, reason: CBORError.Reason) throws {
    let bytes = try Self.bytes(text)
    let error = #expect(throws: CBORError.self) { try CBORItem(cbor: bytes) }
    #expect(error?.reason == reason)
  }

  @Test("appendix A is complete") func complete() { #expect(Self.used.count + Self.unused.count == 81) }

  @Test("a longer form of a head is refused", arguments: notCanonical)
  func longerForms(text: String) throws {
    let bytes = try Self.bytes(text)
    let error = #expect(throws: CBORError.self) { try CBORItem(cbor: bytes) }
    #expect(error?.reason == .notCanonical)
  }

  @Test(
    "the whole range of integers keeps its value",
    arguments: [0, 23, 24, 255, 256, 65535, 65536, 1 << 32 - 1, 1 << 32, .max])
  func integers(magnitude: Int64) throws {
    for value in [magnitude, ~magnitude] {
      var writer = CBORWriter()
      writer.integer(value)
      var reader = CBORReader(writer.bytes)
      #expect(try reader.integer() == value)
      #expect(reader.isAtEnd)
    }
    var reader = CBORReader([0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0])
    #expect(throws: CBORError.self) { try reader.integer() }
  }

  @Test(
    "a length beyond the bytes is refused before anything is set aside for it",
    arguments: ["5", "7", "9", "b"],
    ["bffffffffffffffff", "b7fffffffffffffff", "b0000000100000000", "affffffff", "a00010000", "9ffff", "8ff"])
  func hugeLengths(major: String, length: String) throws {
    let bytes = try Self.bytes(major + length) + [0, 0, 0]
    let error = #expect(throws: CBORError.self) { try CBORItem(cbor: bytes) }
    #expect(error?.reason == .truncated || error?.reason == .outOfBounds)
  }

  @Test("every reader holds to its bound and its type")
  func bounds() throws {
    func reader(_ text: String) throws -> CBORReader { CBORReader(try Self.bytes(text)) }
    func reason(_ text: String, _ read: (inout CBORReader) throws(CBORError) -> Void) throws -> CBORError.Reason? {
      var reader = try reader(text)
      do throws(CBORError) { try read(&reader) } catch { return error.reason }
      return nil
    }
    #expect(try reason("05") { r throws(CBORError) in _ = try r.unsigned(upTo: 5) } == nil)
    #expect(try reason("06") { r throws(CBORError) in _ = try r.unsigned(upTo: 5) } == .outOfBounds)
    #expect(try reason("20") { r throws(CBORError) in _ = try r.unsigned() } == .unexpectedType)
    #expect(try reason("420102") { r throws(CBORError) in _ = try r.bytes(upTo: 2) } == nil)
    #expect(try reason("43010203") { r throws(CBORError) in _ = try r.bytes(upTo: 2) } == .outOfBounds)
    #expect(try reason("626161") { r throws(CBORError) in _ = try r.bytes() } == .unexpectedType)
    #expect(try reason("626161") { r throws(CBORError) in _ = try r.text(upTo: 1) } == .outOfBounds)
    #expect(try reason("83000000") { r throws(CBORError) in _ = try r.array(upTo: 2) } == .outOfBounds)
    #expect(try reason("83000000") { r throws(CBORError) in try r.structure(2) } == .invalidValue)
    #expect(try reason("a10000") { r throws(CBORError) in _ = try r.map(upTo: 0) } == .outOfBounds)
    #expect(try reason("5f") { r throws(CBORError) in _ = try r.digest() } == .notCanonical)
    #expect(try reason("4101") { r throws(CBORError) in _ = try r.digest() } == .invalidValue)
    #expect(try reason("00") { r throws(CBORError) in _ = try r.bool() } == .unexpectedType)
    #expect(try reason("") { r throws(CBORError) in _ = try r.bool() } == .truncated)
    #expect(try reason("820102") { r throws(CBORError) in _ = try r.list(of: CBORItem.self, upTo: 1) } == .outOfBounds)
  }

  @Test("text that is not UTF-8 is refused", arguments: ["61ff", "62c328", "63eda080", "64f4908080", "62c0af", "61c3"])
  func invalidText(text: String) throws {
    let bytes = try Self.bytes(text)
    #expect(throws: CBORError.self) { try CBORItem(cbor: bytes) }
  }
}
