import Contracts
import Foundation
import Testing

@Suite("Identifiers")
struct IdentifierTests {
  @Test("Unified Social Credit Codes in use are valid", .enabled(if: TestData.isPresent, "shared test data is absent"))
  func usccInUse() throws {
    let codes = try TestData.listed(in: "refdata/stdnum-tests/test_cn_uscc.doctest", length: 18)
    #expect(codes.count > 100)
    for code in codes { #expect(UnifiedSocialCreditCode.verdict(code) == .valid, "\(code)") }
  }

  @Test("Legal Entity Identifiers in use are valid", .enabled(if: TestData.isPresent, "shared test data is absent"))
  func leiInUse() throws {
    let codes = try TestData.listed(in: "refdata/stdnum-tests/test_lei.doctest", length: 20)
    #expect(codes.count > 50)
    for code in codes { #expect(LegalEntityIdentifier.isValid(code), "\(code)") }
  }

  @Test("Every other check character of a code is refused, and every change of one character")
  func usccChanged() {
    let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
    let code = Array("91110000600037341L")
    for position in code.indices {
      for character in alphabet where character != code[position] {
        var changed = code
        changed[position] = character
        #expect(UnifiedSocialCreditCode.verdict(String(changed)) == .refused)
      }
    }
  }

  @Test(
    "Codes of the early pilot in Fujian are legacy while their organisation code holds",
    arguments: [
      ("91350203M0001QAY9B", IdentifierVerdict.legacy),
      ("91350203M0001QAY8B", .refused),
      ("91310203M0001QAY9B", .refused),
    ])
  func legacy(code: String, verdict: IdentifierVerdict) {
    #expect(UnifiedSocialCreditCode.verdict(code) == verdict)
  }

  @Test(
    "What is not a code is refused",
    arguments: [
      "", "12345", "91 110000 600037341L", "9111000060003IOZSV", "91110000600037341l", "A1110000600037341L",
      "9111000060003734１L", "91110000600037341L0",
    ])
  func notUSCC(text: String) {
    #expect(UnifiedSocialCreditCode.verdict(text) == .refused)
  }

  @Test(
    "What is not an LEI is refused",
    arguments: [
      "", "5493007HHN4G8PA5MS1", "5493007hhn4g8pa5ms11", "5493007HHN4G8PA5MS1A", "5493007HHN4G8PA5SM11",
      "5493007HHN4G8PA5MS110",
    ])
  func notLEI(text: String) {
    #expect(!LegalEntityIdentifier.isValid(text))
  }
}
