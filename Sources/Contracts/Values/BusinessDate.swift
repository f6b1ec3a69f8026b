import Ledger

/// A day of the calendar, as documents state it: no time, no zone.
package struct BusinessDate: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let daysSince1970: Int32

  package init(daysSince1970: Int32) { self.daysSince1970 = daysSince1970 }

  /// Proleptic Gregorian; nil for a day that does not exist.
  package init?(year: Int, month: Int, day: Int) {
    guard (1900...9999).contains(year), (1...12).contains(month),
      day >= 1, day <= BusinessDate.days(in: month, of: year)
    else { return nil }
    // Days from civil, counting years from March so that the leap day comes last.
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    daysSince1970 = Int32(era * 146_097 + dayOfEra - 719_468)
  }

  /// `YYYY-MM-DD`, nothing else.
  package init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == 0x2d, bytes[7] == 0x2d else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for byte in bytes[range] {
        guard (0x30...0x39).contains(byte) else { return nil }
        value = value * 10 + Int(byte - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else { return nil }
    self.init(year: year, month: month, day: day)
  }

  package static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  package var components: (year: Int, month: Int, day: Int) {
    let shifted = Int(daysSince1970) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  package var description: String {
    let (year, month, day) = components
    func padded(_ value: Int, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }

  package static func < (a: BusinessDate, b: BusinessDate) -> Bool { a.daysSince1970 < b.daysSince1970 }

  package func days(until later: BusinessDate) -> Int64 { Int64(later.daysSince1970) - Int64(daysSince1970) }

  package func adding(days: Int64) -> BusinessDate {
    BusinessDate(daysSince1970: Int32(clamping: Int64(daysSince1970) + days))
  }
}

extension CBORWriter {
  package mutating func date(_ date: BusinessDate) { integer(Int64(date.daysSince1970)) }
}

extension CBORReader {
  package mutating func date() throws(CBORError) -> BusinessDate {
    guard let days = Int32(exactly: try integer()) else { throw failure(.outOfBounds) }
    return BusinessDate(daysSince1970: days)
  }
}

extension Form {
  package mutating func date(_ name: String) -> BusinessDate {
    string(
      name, schema: ["type": "string", "format": "date"], placeholder: BusinessDate(daysSince1970: 0),
      rule: "a calendar date, YYYY-MM-DD"
    ) { BusinessDate($0) }
  }
}
