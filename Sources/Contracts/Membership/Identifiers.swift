import Ledger

/// What a check of an identifier's own digits says.
package enum IdentifierVerdict: Equatable, Sendable {
  case valid
  /// Issued before its rule was kept: known to be in use, though its check character fails.
  case legacy
  case refused
}

extension Member.Identifier {
  /// Schemes without a rule here are the board's own business.
  package var verdict: IdentifierVerdict {
    switch scheme {
    case "uscc": UnifiedSocialCreditCode.verdict(value)
    case "lei": LegalEntityIdentifier.isValid(value) ? .valid : .refused
    default: .valid
    }
  }
}

/// Unified Social Credit Code (统一社会信用代码), GB 32100-2015: registrar, category, region (6), organisation code (9), check.
package enum UnifiedSocialCreditCode {
  private static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)

  package static func verdict(_ text: String) -> IdentifierVerdict {
    let code = Array(text.utf8)
    guard code.count == 18 else { return .refused }
    var values: [Int] = []
    for character in code {
      guard let value = alphabet.firstIndex(of: character) else { return .refused }
      values.append(value)
    }
    guard values[2..<8].allSatisfy({ $0 < 10 }) else { return .refused }
    // Weights are the powers of 3 modulo 31.
    var sum = 0
    var weight = 1
    for value in values.prefix(17) {
      sum += value * weight
      weight = weight * 3 % 31
    }
    if values[17] == (31 - sum % 31) % 31 { return .valid }
    // An early pilot in Fujian (region 35) computed the last character otherwise; its organisation codes are right.
    return code[2] == 0x33 && code[3] == 0x35 && isOrganisationCode(code[8..<17]) ? .legacy : .refused
  }

  /// GB 11714-1997: eight characters and a check digit modulo 11, with X for ten.
  private static func isOrganisationCode(_ code: ArraySlice<UInt8>) -> Bool {
    var sum = 0
    for (character, weight) in zip(code, [3, 7, 9, 10, 5, 8, 4, 2]) {
      sum += weight * Int(character >= 0x41 ? character - 0x41 + 10 : character - 0x30)
    }
    return code.last == Array("0X987654321".utf8)[sum % 11]
  }
}

/// Legal Entity Identifier, ISO 17442: 18 characters and two digits that make it 1 modulo 97 (ISO 7064 MOD 97-10).
package enum LegalEntityIdentifier {
  package static func isValid(_ text: String) -> Bool {
    guard text.utf8.count == 20, text.utf8.suffix(2).allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
    var remainder = 0
    for character in text.utf8 {
      switch character {
      case 0x30...0x39: remainder = (remainder * 10 + Int(character - 0x30)) % 97
      case 0x41...0x5a: remainder = (remainder * 100 + Int(character - 0x41) + 10) % 97
      default: return false
      }
    }
    return remainder == 1
  }
}
