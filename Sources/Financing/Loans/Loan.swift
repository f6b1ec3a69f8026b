import Contracts
import Ledger
import Sodium

/// A loan against pledged intervals of one certificate.
package struct Loan: StateObject, Equatable {
  package enum Status: UInt8, Sendable {
    /// The offer was accepted and the intervals are pledged. Successors: active, cancelled.
    case agreed
    /// The borrower confirmed the disbursement. Successor: repaid.
    case active
    /// Nothing is owed; the pledge is released. A surplus may still be owed to the borrower.
    case repaid
    /// Never disbursed; final.
    case cancelled
  }

  package let id: Digest
  package let request: Digest
  package let certificate: Digest
  /// What was pledged.
  package let intervals: [Interval]
  package let borrower: String
  package let lender: String
  package let terms: LoanTerms
  package let agreed: BusinessDate
  package let maturity: BusinessDate
  package var status: Status = .agreed
  /// The value date of the disbursement.
  package private(set) var start: BusinessDate?
  /// The day up to which interest is counted into the accruals: the last payment's.
  package private(set) var accruedUntil: BusinessDate
  package private(set) var accrual = Accrual()
  package private(set) var overdueAccrual = Accrual()
  /// F-18: received = the sum of paid + surplus.
  package private(set) var paid = Charges()
  package private(set) var received: Int64 = 0
  /// What the lender got above its claim and owes to the borrower, and what of it was paid.
  package private(set) var surplus: Int64 = 0
  package var surplusPaid: Int64 = 0
  /// Minor units of the pledged intervals that the debtor has paid.
  package var redeemed: Int64 = 0
  /// Payment claims that wait for an answer, one for each purpose.
  package var claims: [Digest] = []

  package init(
    id: Digest, request: Digest, certificate: Digest, intervals: [Interval], borrower: String, lender: String,
    terms: LoanTerms, agreed: BusinessDate, maturity: BusinessDate
  ) {
    self.id = id
    self.request = request
    self.certificate = certificate
    self.intervals = intervals
    self.borrower = borrower
    self.lender = lender
    self.terms = terms
    self.agreed = agreed
    self.maturity = maturity
    accruedUntil = agreed
  }

  package static var table: StateTable { .loan }
  package var stateID: Digest { id }

  package func encode(to writer: inout CBORWriter) {
    writer.array(20)
    writer.digest(id)
    writer.digest(request)
    writer.digest(certificate)
    writer.list(intervals)
    writer.text(borrower)
    writer.text(lender)
    writer.value(terms)
    writer.date(agreed)
    writer.date(maturity)
    writer.unsigned(UInt64(status.rawValue))
    writer.optional(start) { $0.date($1) }
    writer.date(accruedUntil)
    writer.value(accrual)
    writer.value(overdueAccrual)
    writer.value(paid)
    writer.integer(received)
    writer.integer(surplus)
    writer.integer(surplusPaid)
    writer.integer(redeemed)
    writer.digests(claims)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(20)
    id = try reader.digest()
    request = try reader.digest()
    certificate = try reader.digest()
    intervals = try reader.list(upTo: Interval.maximumNamed)
    borrower = try reader.text(upTo: 48)
    lender = try reader.text(upTo: 48)
    terms = try reader.value()
    agreed = try reader.date()
    maturity = try reader.date()
    status = try reader.status()
    start = try reader.optional { (reader) throws(CBORError) in try reader.date() }
    accruedUntil = try reader.date()
    accrual = try reader.value()
    overdueAccrual = try reader.value()
    paid = try reader.value()
    received = try reader.amount()
    surplus = try reader.amount()
    surplusPaid = try reader.amount()
    redeemed = try reader.amount()
    claims = try reader.digests(upTo: OpenClaims.maximum)
  }
}

// MARK: What is owed

extension Loan {
  /// What is owed on `date`, or on the day of the last payment if that is later; nothing unless the loan is active.
  /// Computed when asked, never swept. Nil when a number does not fit.
  package func due(on date: BusinessDate) -> Charges? {
    guard status == .active else { return Charges() }
    guard let (accrual, overdue) = accrued(until: date),
      let interest = accrual.interest(rate: terms.annualRate, by: terms.dayCount),
      let penalty = overdue.interest(rate: terms.penaltyRate, by: terms.dayCount)
    else { return nil }
    return Charges(
      fees: terms.fee - paid.fees, penalty: penalty - paid.penalty, interest: interest - paid.interest,
      principal: terms.principal - paid.principal)
  }

  /// Counted from the start each time, so that months of 30 days add up over any part-payments (F-17).
  private func accrued(until date: BusinessDate) -> (Accrual, overdue: Accrual)? {
    guard let start else { return (accrual, overdueAccrual) }
    let principal = terms.principal - paid.principal
    func days(since from: BusinessDate) -> Int64 {
      date <= from ? 0 : terms.dayCount.days(from: start, to: date) - terms.dayCount.days(from: start, to: from)
    }
    guard let total = accrual.adding(Accrual(principal, days: days(since: accruedUntil))),
      let overdue = overdueAccrual.adding(Accrual(principal, days: days(since: max(accruedUntil, maturity))))
    else { return nil }
    return (total, overdue)
  }

  /// The lender has paid the principal out, for value on `date`.
  mutating func disburse(on date: BusinessDate) {
    status = .active
    start = date
    accruedUntil = date
  }

  /// F-18: a payment to the lender works from its value date, or from the last payment's if that is later, and is taken
  /// for what is owed in the agreed order. What is left is the borrower's surplus. False when a number does not fit.
  mutating func receive(_ amount: Int64, on date: BusinessDate) -> Bool {
    let (sum, overflow) = received.addingReportingOverflow(amount)
    guard !overflow, let due = due(on: date), let owed = due.total, let accruals = accrued(until: date) else {
      return false
    }
    received = sum
    (accrual, overdueAccrual) = accruals
    accruedUntil = max(accruedUntil, date)
    var rest = amount
    for charge in terms.appropriation {
      let part = min(rest, due[charge])
      paid[charge] += part
      rest -= part
    }
    // At most `received`, which was checked.
    surplus += rest
    if amount >= owed { status = .repaid }
    return true
  }
}
