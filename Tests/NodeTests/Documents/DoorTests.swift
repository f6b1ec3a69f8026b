import Client
import Contracts
import Foundation
import Ledger
import Node
import Testing

@Suite("The door") struct DoorTests {
  /// A transmission that is wrong in one way, and the refusal that says which.
  struct Fault: Sendable, CustomTestStringConvertible {
    let refusal: Refusal
    let what: String
    let make: @Sendable (TestDesk) throws -> [UInt8]

    init(_ refusal: Refusal, _ what: String, _ make: @escaping @Sendable (TestDesk) throws -> [UInt8]) {
      self.refusal = refusal
      self.what = what
      self.make = make
    }

    var testDescription: String { "\(refusal.number) \(refusal.name): \(what)" }
  }

  /// E-7: what is not exactly one compact JWS of this project's profile.
  static let forms: [Fault] = [
    Fault(.notCompactJWS, "one part") { _ in Array("document".utf8) },
    Fault(.notCompactJWS, "four parts") { try $0.order() + Array(".e30".utf8) },
    Fault(.notCompactJWS, "nothing between the dots but a JSON object") { _ in Array("{}".utf8) },
    Fault(.documentTooLarge, "a byte too many") { desk in
      let order = try desk.order()
      return order + [UInt8](repeating: 0x41, count: SignedDocument.maximumBytes + 1 - order.count)
    },
    Fault(.headerInvalid, "a fourth member") {
      try $0.order(header: #"{"alg":"EdDSA","kid":"huadong-motors/erp","typ":"lianrong+jws","crit":[]}"#)
    },
    Fault(.headerInvalid, "a key without a member") {
      try $0.order(header: #"{"alg":"EdDSA","kid":"erp","typ":"lianrong+jws"}"#)
    },
    Fault(.headerInvalid, "another type") {
      try $0.order(header: #"{"alg":"EdDSA","kid":"huadong-motors/erp","typ":"JWT"}"#)
    },
    Fault(.headerInvalid, "no JSON") { try $0.order(header: "alg: EdDSA") },
    Fault(.algorithmNotAllowed, "none") {
      try $0.order(header: #"{"alg":"none","kid":"huadong-motors/erp","typ":"lianrong+jws"}"#)
    },
    Fault(.algorithmNotAllowed, "a MAC") {
      try $0.order(header: #"{"alg":"HS256","kid":"huadong-motors/erp","typ":"lianrong+jws"}"#)
    },
    Fault(.issuerNotKeyOwner, "another member's key") {
      try $0.order($0.payload(issuer: "jinling-parts"))
    },
    Fault(.signatureInvalid, "63 bytes") { desk in
      let order = try desk.order()
      let dot = order.lastIndex(of: 0x2e)!
      return order[...dot] + Base64URL.encodedUTF8([UInt8](repeating: 1, count: 63))
    },
  ]

  /// E-6: every byte string has one spelling.
  static let spellings: [Fault] = [
    Fault(.base64Invalid, "padding") { try $0.order() + Array("=".utf8) },
    Fault(.base64Invalid, "the other alphabet") { desk in
      var order = try desk.order()
      order[order.count - 10] = UInt8(ascii: "+")
      return order
    },
    Fault(.base64Invalid, "a line break") { try $0.order() + Array("\r".utf8) },
    Fault(.base64Invalid, "unused bits that are set") { desk in
      // 64 bytes leave four unused bits in the last of 86 characters: A, Q, g or w stands for all of them zero.
      var order = try desk.order()
      order[order.count - 1] += 1
      return order
    },
  ]

  /// E-5: strict JSON, so that all who read a document see the same.
  static let texts: [Fault] = [
    Fault(.jsonInvalid, "cut off") { try $0.order(String($0.payload().dropLast())) },
    Fault(.jsonInvalid, "more behind it") { try $0.order($0.payload() + "{}") },
    Fault(.jsonInvalid, "a lone surrogate") { try $0.order($0.payload(members: #","note":"\ud800""#)) },
    Fault(.jsonInvalid, "a comma too many") { try $0.order($0.payload(members: ",")) },
    Fault(.jsonInvalid, "an integer beyond 2^53") { try $0.order($0.payload(members: #","n":9007199254740993"#)) },
    Fault(.jsonDuplicateName, "the issuer twice") {
      try $0.order($0.payload(members: #","issuer":"huadong-motors""#))
    },
    Fault(.jsonDuplicateName, "the same name spelled with an escape") {
      try $0.order($0.payload(members: #","\u0069ssuer":"huadong-motors""#))
    },
    Fault(.jsonNotInteger, "a fraction") { try $0.order($0.payload(amount: "10.5")) },
    Fault(.jsonNotInteger, "an exponent") { try $0.order($0.payload(amount: "1e2")) },
  ]

  static let members: [Fault] = [
    Fault(.memberMissing, "no terms") { desk in
      let payload = desk.payload()
      return try desk.order(payload.prefix { $0 != "," } + "}")
    },
    Fault(.memberUnknown, "a note") { try $0.order($0.payload(members: #","note":"x""#)) },
    Fault(.memberInvalid, "a jti that is no UUID") { try $0.order($0.payload(jti: "1")) },
    Fault(.memberInvalid, "expires before it is issued") { try $0.order($0.payload(validity: -1)) },
    Fault(.amountDigits, "three decimals") { try $0.order($0.payload(amount: "\"10.005\"")) },
    Fault(.amountDigits, "one decimal") { try $0.order($0.payload(amount: "\"10.5\"")) },
    Fault(.typeUnknown, "a later version") { try $0.order($0.payload(type: "order/2")) },
    Fault(.otherNetwork, "a document of another network") { try $0.order($0.payload(network: "lianrong-other")) },
    Fault(.validityTooLong, "longer than the network allows") {
      try $0.order($0.payload(validity: $0.genesis.parameters.documentValiditySeconds + 1))
    },
    Fault(.expired, "a day ago") { try $0.order($0.payload(issued: $0.now - 90_000)) },
    Fault(.issuedInFuture, "in ten minutes") { try $0.order($0.payload(issued: $0.now + 600)) },
  ]

  static let keys: [Fault] = [
    Fault(.keyUnknown, "a key that nobody registered") { desk in
      let key = try desk.key("huadong-motors/erp")
      let header = #"{"alg":"EdDSA","kid":"huadong-motors/night-shift","typ":"lianrong+jws"}"#
      let input =
        Base64URL.encodedUTF8(Array(header.utf8)) + [0x2e] + Base64URL.encodedUTF8(Array(desk.payload().utf8))
      return input + [0x2e] + Base64URL.encodedUTF8(key.sign(input).bytes)
    },
    Fault(.keyNotValid, "a revoked key") { desk in
      let revocation = DocumentDraft(
        type: "key.revoke/1", terms: ["member": "huadong-motors", "key": "erp"])
      try desk.execute([try desk.signed(revocation, by: "huadong-motors/officer").compact])
      return try desk.order()
    },
    Fault(.signatureInvalid, "another key's signature") { desk in
      let header = #"{"alg":"EdDSA","kid":"huadong-motors/erp","typ":"lianrong+jws"}"#
      let input =
        Base64URL.encodedUTF8(Array(header.utf8)) + [0x2e] + Base64URL.encodedUTF8(Array(desk.payload().utf8))
      return input + [0x2e] + Base64URL.encodedUTF8(try desk.key("huadong-motors/officer").sign(input).bytes)
    },
    Fault(.signatureInvalid, "one bit of the signature") { desk in
      var order = try desk.order()
      let place = order.count - 20
      order[place] = order[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      return order
    },
    Fault(.replayed, "the same bytes in a later block") { desk in
      let order = try desk.order()
      try desk.execute([order])
      return order
    },
    Fault(.jtiReused, "other content under a recorded jti") { desk in
      let jti = UUID().uuidString.lowercased()
      try desk.execute([try desk.order(desk.payload(jti: jti))])
      return try desk.order(desk.payload(jti: jti, amount: "\"11.00\""))
    },
    Fault(.signatureInvalid, "recorded content under a false signature") { desk in
      var order = try desk.order()
      try desk.execute([order])
      let place = order.count - 20
      order[place] = order[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      return order
    },
  ]

  @Test(
    "E-7, E-6, E-5: refuses a document that is wrong in one way with the number that says which",
    arguments: forms + spellings + texts + members + keys)
  func refuses(_ fault: Fault) throws {
    let desk = try TestDesk()
    let bytes = try fault.make(desk)
    do {
      _ = try desk.admitted(bytes)
      Issue.record("it was admitted")
    } catch let violations as Violations {
      #expect(violations.first.refusal == fault.refusal, "\(violations)")
    }
    // And the same network admits a good one, unless its key was revoked.
    if fault.refusal != .keyNotValid { _ = try desk.admitted(try desk.order()) }
  }

  @Test("every refusal is provoked, here or at the desk") func complete() {
    let provoked = (Self.forms + Self.spellings + Self.texts + Self.members + Self.keys).map(\.refusal)
    let atTheDesk: [Refusal] = [.disclosureInvalid, .poolFull, .shareExceeded]
    #expect(Set(provoked + atTheDesk) == Set(Refusal.allCases))
  }

  @Test("tells all faults of a document at once, each with its place") func all() throws {
    let desk = try TestDesk()
    let payload = desk.payload(issuer: "huadong-motors", jti: "1", members: #","note":"x""#)
    do {
      _ = try desk.admitted(try desk.order(payload))
      Issue.record("it was admitted")
    } catch let violations as Violations {
      #expect(Set(violations.all.map(\.pointer)) == ["/jti", "/note"])
    }
  }
}
