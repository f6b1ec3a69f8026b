import Ledger

/// Decimal text and the integers that stand for it: exact both ways, no floating point anywhere.
package enum DecimalText {
  /// `text` times 10^`digits` as an integer; nil unless it is a plain non-negative decimal whose fraction has a number
  /// of
  /// digits in `fraction` and whose value is at most `maximum`.
  package static func scaled(
    _ text: String, digits: Int, fraction: ClosedRange<Int>, maximum: Int64 = DecimalText.maximum
  ) -> Int64? {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = parts.first, !whole.isEmpty, whole.count == 1 || whole.first != 0x30 else {
      return nil
    }
    let decimals = parts.count == 2 ? parts[1] : "".utf8[...]
    guard parts.count == 1 || !decimals.isEmpty, fraction.contains(decimals.count), decimals.count <= digits else {
      return nil
    }
    var value: Int64 = 0
    for byte in Array(whole) + Array(decimals) + [UInt8](repeating: 0x30, count: digits - decimals.count) {
      guard (0x30...0x39).contains(byte), value <= maximum / 10 else { return nil }
      value = value * 10 + Int64(byte - 0x30)
    }
    return value <= maximum ? value : nil
  }

  /// The text of `value` with exactly `digits` decimals.
  package static func text(_ value: Int64, digits: Int) -> String {
    let magnitude = String(value.magnitude)
    let padded = String(repeating: "0", count: max(0, digits + 1 - magnitude.utf8.count)) + magnitude
    let sign = value < 0 ? "-" : ""
    return digits == 0 ? sign + padded : sign + padded.dropLast(digits) + "." + padded.suffix(digits)
  }

  /// 10^15 − 1: sums of a thousand of them still fit, and JSON numbers could hold it.
  package static let maximum: Int64 = 999_999_999_999_999
}

/// How much of a good, in millionths of its unit of measure.
package struct Quantity: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let millionths: Int64
  package static let zero = Quantity(millionths: 0)

  package init(millionths: Int64) { self.millionths = millionths }

  package init?(_ text: String) {
    guard let value = DecimalText.scaled(text, digits: 6, fraction: 0...6) else { return nil }
    millionths = value
  }

  /// The shortest decimal.
  package var description: String {
    var text = DecimalText.text(millionths, digits: 6)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  package static func < (a: Quantity, b: Quantity) -> Bool { a.millionths < b.millionths }

  /// Nil on overflow.
  package func adding(_ other: Quantity) -> Quantity? {
    let (sum, overflow) = millionths.addingReportingOverflow(other.millionths)
    return overflow ? nil : Quantity(millionths: sum)
  }

  package func subtracting(_ other: Quantity) -> Quantity? {
    let (difference, overflow) = millionths.subtractingReportingOverflow(other.millionths)
    return overflow ? nil : Quantity(millionths: difference)
  }
}

extension Form {
  /// A decimal string with at most six decimals.
  package mutating func quantity(_ name: String) -> Quantity {
    string(
      name, schema: ["type": "string", "pattern": "^(0|[1-9][0-9]{0,8})([.][0-9]{1,6})?$"], placeholder: .zero,
      rule: "a decimal string with at most six decimals, such as \"12.5\""
    ) { Quantity($0) }
  }
}
