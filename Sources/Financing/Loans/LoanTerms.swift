import Contracts
import Ledger

/// What is owed on a loan, by kind. The order of appropriation is a permutation of these.
package enum Charge: String, CaseIterable, Sendable {
  case fees
  case penalty
  case interest
  case principal
}

/// An amount of minor units for each kind of charge.
package struct Charges: Equatable, Sendable, CBORCodable {
  package var fees: Int64 = 0
  package var penalty: Int64 = 0
  package var interest: Int64 = 0
  package var principal: Int64 = 0

  package init(fees: Int64 = 0, penalty: Int64 = 0, interest: Int64 = 0, principal: Int64 = 0) {
    self.fees = fees
    self.penalty = penalty
    self.interest = interest
    self.principal = principal
  }

  package subscript(charge: Charge) -> Int64 {
    get {
      switch charge {
      case .fees: fees
      case .penalty: penalty
      case .interest: interest
      case .principal: principal
      }
    }
    set {
      switch charge {
      case .fees: fees = newValue
      case .penalty: penalty = newValue
      case .interest: interest = newValue
      case .principal: principal = newValue
      }
    }
  }

  /// Nil on overflow.
  package var total: Int64? {
    var total: Int64 = 0
    for charge in Charge.allCases {
      let (sum, overflow) = total.addingReportingOverflow(self[charge])
      guard !overflow else { return nil }
      total = sum
    }
    return total
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(4)
    for charge in Charge.allCases { writer.integer(self[charge]) }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(4)
    for charge in Charge.allCases { self[charge] = try reader.amount() }
  }
}

/// What lender and borrower agree on.
package struct LoanTerms: Equatable, Sendable, CBORCodable {
  package let currency: Currency
  /// Minor units.
  package let principal: Int64
  /// Parts per million a year: 4.35 % is 43 500. Interest is paid in arrears.
  package let annualRate: Int64
  package let dayCount: DayCount
  /// Minor units, owed from the disbursement on.
  package let fee: Int64
  /// Parts per million a year on what is overdue after maturity, on top of the annual rate.
  package let penaltyRate: Int64
  /// F-18: what a payment is taken for first.
  package let appropriation: [Charge]

  /// One hundred percent a year.
  package static let maximumRate: Int64 = 1_000_000

  package init(
    currency: Currency, principal: Int64, annualRate: Int64, dayCount: DayCount, fee: Int64 = 0, penaltyRate: Int64 = 0,
    appropriation: [Charge] = [.fees, .penalty, .interest, .principal]
  ) {
    self.currency = currency
    self.principal = principal
    self.annualRate = annualRate
    self.dayCount = dayCount
    self.fee = fee
    self.penaltyRate = penaltyRate
    self.appropriation = appropriation
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(7)
    writer.currency(currency)
    writer.integer(principal)
    writer.integer(annualRate)
    writer.text(dayCount.rawValue)
    writer.integer(fee)
    writer.integer(penaltyRate)
    writer.array(appropriation.count)
    for charge in appropriation { writer.text(charge.rawValue) }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(7)
    currency = try reader.currency()
    principal = try reader.amount()
    annualRate = try reader.amount()
    guard let dayCount = DayCount(rawValue: try reader.text(upTo: 16)) else { throw reader.failure(.invalidValue) }
    self.dayCount = dayCount
    fee = try reader.amount()
    penaltyRate = try reader.amount()
    var appropriation: [Charge] = []
    for _ in 0..<(try reader.array(upTo: Charge.allCases.count)) {
      guard let charge = Charge(rawValue: try reader.text(upTo: 16)) else { throw reader.failure(.invalidValue) }
      appropriation.append(charge)
    }
    self.appropriation = appropriation
  }
}
