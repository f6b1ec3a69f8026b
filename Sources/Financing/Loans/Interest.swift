import Contracts
import Ledger

/// Money times days, exactly: the one number from which interest is computed.
///
/// F-17: interest is `principal × days × rate / (year × 10⁶)`, added up in full width over all stretches of the loan
/// and rounded once, half to even, to the minor unit. What falls due in a stretch is the rounded whole less what fell
/// due before, so the last one takes the remainder and no number of part-payments changes the sum.
package struct Accrual: Equatable, Sendable, CBORCodable {
  /// Minor units × days.
  package private(set) var sum: UInt128 = 0

  package init() {}

  package init(_ principal: Int64, days: Int64) {
    sum = UInt128(max(0, principal)) * UInt128(max(0, days))
  }

  /// Nil on overflow.
  package func adding(_ other: Accrual) -> Accrual? {
    let (sum, overflow) = sum.addingReportingOverflow(other.sum)
    guard !overflow else { return nil }
    var result = Accrual()
    result.sum = sum
    return result
  }

  /// Minor units at `rate` parts per million a year; nil when the number does not fit.
  package func interest(rate: Int64, by dayCount: DayCount) -> Int64? {
    let (product, overflow) = sum.multipliedReportingOverflow(by: UInt128(max(0, rate)))
    guard !overflow else { return nil }
    return Int64(exactly: roundedHalfEven(product, over: UInt128(dayCount.daysOfYear) * 1_000_000))
  }

  /// The high and the low half.
  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.unsigned(UInt64(truncatingIfNeeded: sum >> 64))
    writer.unsigned(UInt64(truncatingIfNeeded: sum))
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    let high = UInt128(try reader.unsigned())
    sum = high << 64 | UInt128(try reader.unsigned())
  }
}

/// The nearest integer to `numerator / divisor`; of two that are equally near, the even one.
package func roundedHalfEven(_ numerator: UInt128, over divisor: UInt128) -> UInt128 {
  let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: divisor)
  let rest = divisor - remainder
  let up = remainder > rest || (remainder == rest && quotient & 1 == 1)
  return up ? quotient + 1 : quotient
}
