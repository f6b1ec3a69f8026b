import Contracts

/// A decimal as XML Schema writes it (`xsd:decimal`): sign, leading zeros, no exponent; trailing zeros mean nothing.
struct PlainDecimal {
  private let isNegative: Bool
  private let whole: String
  private let fraction: String

  init?(_ text: String) {
    var digits = text.utf8[...]
    isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard digits.count <= 64, let first = parts.first, parts.contains(where: { !$0.isEmpty }),
      parts.allSatisfy({ $0.allSatisfy { (0x30...0x39).contains($0) } })
    else { return nil }
    let significant = String(decoding: first.drop { $0 == 0x30 }, as: UTF8.self)
    whole = significant.isEmpty ? "0" : significant
    var decimals = parts.count == 2 ? parts[1] : "".utf8[...]
    while decimals.last == 0x30 { decimals = decimals.dropLast() }
    fraction = String(decoding: decimals, as: UTF8.self)
  }

  /// Times 10^`digits`; nil where a digit would be lost or the value is beyond what amounts may be.
  func scaled(digits: Int) -> Int64? {
    let text = fraction.isEmpty ? whole : "\(whole).\(fraction)"
    guard let magnitude = DecimalText.scaled(text, digits: digits, fraction: 0...digits) else { return nil }
    return isNegative ? -magnitude : magnitude
  }
}
