import Foundation
import Sodium
import Testing

/// What libsodium says about signatures on which libraries disagree; needs the shared test data. A change of these
/// verdicts, by another release or another library, would split a running network.
@Suite("Ed25519 verdicts on vectors that others made", .enabled(if: TestData.isPresent))
struct SignatureVectorTests {
  struct Wycheproof: Decodable {
    let numberOfTests: Int
    let testGroups: [Group]

    struct Group: Decodable {
      let publicKey: Key
      let tests: [Case]
    }
    struct Key: Decodable { let pk: String }
    struct Case: Decodable {
      let tcId: Int
      let comment: String
      let msg: String
      let sig: String
      let result: String
    }
  }

  @Test("Wycheproof: every verdict is the expected one")
  func wycheproof() throws {
    let file = try TestData.json(Wycheproof.self, "crypto/wycheproof/testvectors_v1/ed25519_test.json")
    var verdicts = [true: 0, false: 0]
    for group in file.testGroups {
      for test in group.tests {
        let accepted = try verdict(
          key: group.publicKey.pk, signature: test.sig, message: #require(bytesOf(hexadecimal: test.msg)))
        #expect(accepted == (test.result == "valid"), "\(test.tcId) \(test.comment)")
        verdicts[accepted, default: 0] += 1
      }
    }
    #expect(verdicts == [true: 88, false: 63])
    #expect(file.numberOfTests == 151)
  }

  struct Speccheck: Decodable {
    let message: String
    let pub_key: String
    let signature: String
  }

  @Test("ed25519-speccheck: the row that its authors publish for libsodium")
  func speccheck() throws {
    let cases = try TestData.json([Speccheck].self, "crypto/ed25519-speccheck/cases.json")
    let verdicts = try cases.map {
      try verdict(key: $0.pub_key, signature: $0.signature, message: #require(bytesOf(hexadecimal: $0.message)))
    }
    let table = try TestData.text("crypto/ed25519-speccheck/results.md")
    let row = try #require(table.split(separator: "\n").first { $0.hasPrefix("|LibSodium") })
    let published = row.split(separator: "|").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(published.count == 12)
    #expect(verdicts == published.map { $0 == "V" })
  }

  struct CCTV: Decodable {
    let number: Int
    let key: String
    let sig: String
    let msg: String
    let flags: [String]?
  }

  @Test("CCTV: the verdicts measured for libsodium, and none of its torsion keys may be registered")
  func cctv() throws {
    let cases = try TestData.json([CCTV].self, "crypto/cctv-ed25519/ed25519vectors.json")
    let measured = try TestData.text("crypto/cctv-ed25519/measured-openssl4.0.1-libsodium.csv")
      .split(whereSeparator: \.isNewline).dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(cases.count == 914)
    try #require(measured.count == cases.count)
    var accepted = 0
    var acceptedUnderAcceptableKey = 0
    for (test, line) in zip(cases, measured) {
      try #require(line.count == 4 && line[0] == "\(test.number)")
      let isValid = try verdict(key: test.key, signature: test.sig, message: Array(test.msg.utf8))
      #expect(isValid == (line[3] == "1"), "\(test.number) \(test.flags ?? [])")
      let key = try #require(PublicKey(bytesOf(hexadecimal: test.key) ?? []))
      let flags = Set(test.flags ?? [])
      let isSuspect = !flags.isDisjoint(with: ["low_order_A", "non_canonical_A", "low_order_component_A"])
      #expect(key.isAcceptable == !isSuspect, "\(test.number) \(flags)")
      accepted += isValid ? 1 : 0
      acceptedUnderAcceptableKey += isValid && key.isAcceptable ? 1 : 0
      // What remains is what every library agrees on.
      if isValid && key.isAcceptable {
        #expect(flags.isDisjoint(with: ["low_order_R", "non_canonical_R", "low_order_residue"]))
      }
    }
    #expect(accepted == 43)
    #expect(acceptedUnderAcceptableKey > 0)
  }

  /// A signature that is not 64 bytes cannot even be held.
  private func verdict(key: String, signature: String, message: [UInt8]) throws -> Bool {
    let key = try #require(PublicKey(bytesOf(hexadecimal: key) ?? []))
    guard let signature = Signature(bytesOf(hexadecimal: signature) ?? []) else { return false }
    return key.verifies(signature, of: message)
  }
}
