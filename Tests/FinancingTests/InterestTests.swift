import Contracts
import Financing
import Ledger
import Testing

@Suite("Interest and day counts")
struct InterestTests {
  /// Computed with exact fractions by another program.
  @Test(
    "Interest is exact and rounded half to even (F-17)",
    arguments: [
      (.actual360, "2026-01-05", "2026-07-01", 60000, 90000, 2655),
      (.actual365Fixed, "2026-01-05", "2026-07-01", 60000, 90000, 2619),
      (.thirty360, "2026-01-31", "2026-07-31", 12_345_678, 43500, 268518),
      (.thirtyE360, "2026-01-05", "2026-07-31", 12_345_678, 43500, 305813),
      (.thirty360, "2026-01-05", "2026-07-31", 12_345_678, 43500, 307305),
      (.actual360, "2024-02-28", "2024-03-01", 99_999_999, 123456, 68587),
      (.actual365Fixed, "2024-01-01", "2025-01-01", 1, 1_000_000, 1),
      (.actual360, "2026-01-01", "2026-01-02", 180, 1_000_000, 0),
      (.actual360, "2026-01-01", "2026-01-02", 540, 1_000_000, 2),
      (.actual360, "2026-01-01", "2026-01-02", 900, 1_000_000, 2),
      (.actual360, "2026-01-01", "2026-01-02", 179, 1_000_000, 0),
      (.actual360, "2026-01-01", "2026-01-02", 181, 1_000_000, 1),
      (.actual360, "2026-01-01", "2026-01-01", 181, 1_000_000, 0),
      (.actual365Fixed, "2026-01-01", "2026-12-31", 999_999_999_999_999, 1_000_000, 997_260_273_972_602),
      (.actual360, "2026-01-01", "9999-12-31", 999_999_999_999_999, 1_000_000, 8_090_116_666_666_658_577),
      (.thirty360, "2026-02-28", "2026-03-31", 500_000_000_000_000, 33333, 1_527_762_500_000),
    ] as [(DayCount, String, String, Int64, Int64, Int64)])
  func vectors(_ row: (DayCount, String, String, Int64, Int64, Int64)) throws {
    let (dayCount, start, end, principal, rate, expected) = row
    let days = dayCount.days(from: try #require(BusinessDate(start)), to: try #require(BusinessDate(end)))
    #expect(Accrual(principal, days: days).interest(rate: rate, by: dayCount) == expected)
  }

  @Test("Stretches add up to the whole, whatever the part-payments")
  func additive() throws {
    let start = try #require(BusinessDate("2026-01-31"))
    for dayCount in DayCount.allCases {
      var sum = Accrual()
      var last: Int64 = 0
      for day in Int64(1)...400 {
        let days = dayCount.days(from: start, to: start.adding(days: day))
        #expect(days >= last, "\(dayCount.rawValue) runs backwards on day \(day)")
        sum = try #require(sum.adding(Accrual(12_345, days: days - last)))
        last = days
      }
      #expect(sum == Accrual(12_345, days: last))
    }
  }

  @Test("Numbers that do not fit are no numbers, and never trap")
  func extremes() throws {
    let huge = Accrual(.max, days: .max)
    #expect(huge.interest(rate: 1, by: .actual360) == nil)
    #expect(huge.interest(rate: .max, by: .actual360) == nil)
    var sum = huge
    var additions = 0
    while let more = sum.adding(huge), additions < 8 { (sum, additions) = (more, additions + 1) }
    #expect(additions == 3)
    #expect(Accrual(-1, days: 5) == Accrual())
    #expect(Accrual(5, days: -1) == Accrual())
    #expect(try Accrual(cbor: huge.cbor) == huge)
    #expect(Charges(interest: .max, principal: 1).total == nil)
  }

  @Test("Halves go to the even neighbour")
  func halves() {
    #expect((0...8).map { roundedHalfEven($0, over: 2) } == [0, 0, 1, 2, 2, 2, 3, 4, 4])
    #expect((0...6).map { roundedHalfEven($0, over: 3) } == [0, 0, 1, 1, 1, 2, 2])
    #expect(roundedHalfEven(.max, over: .max) == 1)
    #expect(roundedHalfEven(.max, over: 1) == .max)
  }

  @Test("Day counts agree with published vectors", .enabled(if: TestData.isPresent, "the reference data is absent"))
  func published() throws {
    let names: [(String, DayCount)] = [
      ("ACT_360", .actual360), ("ACT_365F", .actual365Fixed), ("THIRTY_360_ISDA", .thirty360),
      ("THIRTY_E_360", .thirtyE360),
    ]
    for (name, dayCount) in names {
      var days = 0
      var fractions = 0
      for line in try TestData.text("daycount/strata-daycount-vectors.csv").split(whereSeparator: \.isNewline) {
        let columns = line.split(separator: ",").map(String.init)
        guard columns[1] == name, let start = BusinessDate(columns[2]), let end = BusinessDate(columns[3]) else {
          continue
        }
        let count = dayCount.days(from: start, to: end)
        switch columns[0] {
        case "days":
          #expect(Int64(columns[4]) == count, "\(line)")
          days += 1
        default:
          let fraction = try #require(Double(columns[4]))
          #expect(abs(fraction - Double(count) / Double(dayCount.daysOfYear)) < 1e-12, "\(line)")
          fractions += 1
        }
      }
      #expect(days >= 6 && fractions >= 9, "\(name) is missing from the vectors")
    }
  }
}
