import Contracts

/// How the days of a period are counted, and how many make a year (ISDA 2006 Definitions, section 4.16).
package enum DayCount: String, CaseIterable, Sendable {
  /// Actual days over 360: 4.16(e).
  case actual360 = "ACT/360"
  /// Actual days over 365, leap year or not: 4.16(d).
  case actual365Fixed = "ACT/365F"
  /// Months of 30 days; a 31st as the end counts as the 30th only after a start on the 30th or 31st: 4.16(f), bond
  /// basis.
  case thirty360 = "30/360"
  /// Months of 30 days; a 31st always counts as the 30th: 4.16(g), Eurobond basis.
  case thirtyE360 = "30E/360"

  package var daysOfYear: UInt64 { self == .actual365Fixed ? 365 : 360 }

  /// Days from `start` to `end`: the first day counts, the last does not. Zero or less unless `end` is later.
  package func days(from start: BusinessDate, to end: BusinessDate) -> Int64 {
    switch self {
    case .actual360, .actual365Fixed: return start.days(until: end)
    case .thirty360, .thirtyE360:
      let (first, last) = (start.components, end.components)
      let firstDay = min(first.day, 30)
      let lastDay = self == .thirtyE360 || firstDay == 30 ? min(last.day, 30) : last.day
      return Int64(360 * (last.year - first.year) + 30 * (last.month - first.month) + lastDay - firstDay)
    }
  }
}
