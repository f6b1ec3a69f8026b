/// How much a peer may send: `rate` units a second, `burst` at once. The time is given, in nanoseconds of any steady
/// clock.
///
/// Kept as the time at which the bucket would be full again (the generic cell rate algorithm): one number, no drift.
package struct TokenBucket: Equatable, Sendable {
  private let rate: UInt64
  private let burstNanoseconds: UInt64
  private var fullAt: UInt64 = 0

  package init(rate: Int, burst: Int) {
    precondition(rate > 0 && burst > 0)
    self.rate = UInt64(rate)
    burstNanoseconds = TokenBucket.nanoseconds(for: UInt64(burst), at: self.rate)
  }

  /// False, and nothing taken, when there is not as much in the bucket.
  package mutating func take(_ units: Int, at now: UInt64) -> Bool {
    guard units > 0 else { return true }
    let (after, overflow) = max(fullAt, now).addingReportingOverflow(
      TokenBucket.nanoseconds(for: UInt64(units), at: rate))
    guard !overflow, after - now <= burstNanoseconds else { return false }
    fullAt = after
    return true
  }

  private static func nanoseconds(for units: UInt64, at rate: UInt64) -> UInt64 {
    let (product, overflow) = units.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max / 2 : product / rate
  }
}
