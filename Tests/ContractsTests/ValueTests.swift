import Contracts
import Foundation
import Ledger
import Testing

@Suite("Dates, amounts, quantities")
struct ValueTests {
  // MARK: Dates

  @Test(
    "Days since 1970 are those of the calendar",
    arguments: [
      ("1970-01-01", 0), ("1969-12-31", -1), ("1900-01-01", -25567), ("2000-02-29", 11016), ("2000-03-01", 11017),
      ("2024-02-29", 19782), ("2025-06-01", 20240), ("2038-01-19", 24855), ("9999-12-31", 2_932_896),
    ] as [(String, Int32)])
  func knownDates(text: String, days: Int32) {
    #expect(BusinessDate(text)?.daysSince1970 == days)
    #expect(BusinessDate(daysSince1970: days).description == text)
  }

  @Test("Every day of four centuries follows the one before")
  func everyDay() throws {
    var days = try #require(BusinessDate("1900-01-01")).daysSince1970
    for year in 1900..<2301 {
      for month in 1...12 {
        for day in 1...BusinessDate.days(in: month, of: year) {
          let date = BusinessDate(year: year, month: month, day: day)
          guard date?.daysSince1970 == days, BusinessDate(daysSince1970: days).components == (year, month, day) else {
            Issue.record("\(year)-\(month)-\(day)")
            return
          }
          days += 1
        }
      }
    }
  }

  @Test(
    "What is not a day is no date",
    arguments: [
      "2023-02-29", "1900-02-29", "2100-02-29", "2025-04-31", "2025-13-01", "2025-00-10", "2025-01-00", "1899-12-31",
      "2025-1-01", "2025-01-1", "20250101", "2025/01/01", "2025-01-01 ", "+025-01-01", "２025-01-01", "",
    ])
  func notDates(text: String) { #expect(BusinessDate(text) == nil) }

  @Test("Days between dates, and a date so many days later")
  func arithmetic() throws {
    let first = try #require(BusinessDate("2024-02-28"))
    let later = try #require(BusinessDate("2024-04-28"))
    #expect(first.days(until: later) == 60 && later.days(until: first) == -60 && first.adding(days: 60) == later)
    #expect(first < later && first.adding(days: .max - 100_000).daysSince1970 == .max)
    #expect(BlockContext(height: 1, time: 86_399_999).date == BusinessDate(daysSince1970: 0))
    #expect(BlockContext(height: 1, time: 86_400_000).date == BusinessDate(daysSince1970: 1))
  }

  // MARK: Currencies

  @Test(
    "Every currency in use has the digits of ISO 4217, and no other code is one",
    .enabled(if: TestData.isPresent, "shared test data is absent"))
  func iso4217() throws {
    var digits: [String: Int] = [:]
    for row in try TestData.text("refdata/currency-codes/data/codes-all.csv").split(whereSeparator: \.isNewline)
      .dropFirst()
    {
      // From the right, since names of countries hold commas.
      let fields = row.split(separator: ",", omittingEmptySubsequences: false)
      let (code, minor, withdrawn) = (fields[fields.count - 4], fields[fields.count - 2], fields[fields.count - 1])
      if withdrawn.isEmpty, let minor = Int(minor) { digits[String(code)] = minor }
    }
    #expect(digits.count > 150)
    for (code, minor) in digits { #expect(Currency(code)?.digits == minor, "\(code)") }
    let letters = (65...90).map { String(UnicodeScalar($0)) }
    for first in letters {
      for second in letters {
        for third in letters where Currency(first + second + third) != nil {
          #expect(digits[first + second + third] != nil, "\(first + second + third)")
        }
      }
    }
  }

  @Test("A code is three capital letters")
  func codes() {
    for text in ["", "cny", "CN", "CNYY", "XXX", "XAU"] { #expect(Currency(text) == nil) }
  }

  @Test(
    "An amount has exactly its currency's digits",
    arguments: [
      ("CNY", "0.00", 0), ("CNY", "12.50", 1250), ("CNY", "9999999999999.99", 999_999_999_999_999),
      ("JPY", "100", 100), ("BHD", "1.234", 1234), ("CLF", "1.2345", 12345),
      ("CNY", "12.5", nil), ("CNY", "12", nil), ("CNY", "12.500", nil), ("JPY", "100.0", nil), ("JPY", "100.", nil),
      ("CNY", "10000000000000.00", nil), ("CNY", "99999999999999999999.00", nil), ("CNY", "01.00", nil),
      ("CNY", ".50", nil), ("CNY", "-1.00", nil), ("CNY", "+1.00", nil), ("CNY", "1,00", nil), ("CNY", "1.0e", nil),
      ("CNY", "", nil), ("CNY", ".", nil), ("CNY", "1.00.00", nil), ("CNY", " 1.00", nil),
    ] as [(String, String, Int64?)])
  func amounts(code: String, text: String, minorUnits: Int64?) throws {
    let currency = try #require(Currency(code))
    #expect(currency.minorUnits(text) == minorUnits)
    if let minorUnits { #expect(currency.text(minorUnits) == text) }
  }

  @Test("Text of amounts below one unit, below zero and at the ends of the range")
  func amountText() {
    #expect(Currency.cny.text(5) == "0.05" && Currency.cny.text(-5) == "-0.05")
    #expect(DecimalText.text(.min, digits: 2) == "-92233720368547758.08")
    #expect(DecimalText.text(.max, digits: 0) == "9223372036854775807")
  }

  // MARK: Quantities

  @Test(
    "A quantity has up to six decimals",
    arguments: [
      ("0", 0, "0"), ("12.5", 12_500_000, "12.5"), ("100.000000", 100_000_000, "100"), ("0.000001", 1, "0.000001"),
      ("999999999.999999", 999_999_999_999_999, "999999999.999999"),
      ("1000000000", nil, ""), ("0.0000001", nil, ""), ("1.", nil, ""), ("007", nil, ""), ("1e3", nil, ""),
    ] as [(String, Int64?, String)])
  func quantities(text: String, millionths: Int64?, shortest: String) {
    #expect(Quantity(text)?.millionths == millionths)
    if let quantity = Quantity(text) { #expect(quantity.description == shortest) }
  }

  @Test("Sums and differences beyond the range are none")
  func quantityOverflow() {
    let greatest = Quantity(millionths: .max)
    #expect(greatest.adding(Quantity(millionths: 1)) == nil)
    #expect(Quantity(millionths: .min).subtracting(Quantity(millionths: 1)) == nil)
    #expect(greatest.subtracting(greatest) == .zero)
  }
}
