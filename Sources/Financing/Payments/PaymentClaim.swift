import Contracts
import Ledger
import Sodium

/// What a payment is for, and so who owes it to whom.
package enum PaymentPurpose: String, CaseIterable, Sendable {
  /// The lender pays the principal to the borrower.
  case disbursement
  /// The debtor pays intervals of its certificate at maturity.
  case redemption
  /// The borrower pays back.
  case repayment
  /// The lender pays the borrower what it received above its claim.
  case surplus
}

/// A payer's statement that it has paid. F-19: it discharges nothing; only the payee's confirmation does.
package struct PaymentClaim: StateObject, Equatable {
  package enum Status: UInt8, Sendable {
    /// Successors: confirmed, contested; both final. Unanswered for `answerDays`, it counts as contested.
    case open
    case confirmed
    case contested
  }

  package let id: Digest
  package let purpose: PaymentPurpose
  /// The certificate that is redeemed, or else the loan.
  package let subject: Digest
  package let payer: String
  package let payee: String
  package let currency: Currency
  /// Minor units.
  package let amount: Int64
  package let valueDate: BusinessDate
  package let reference: String
  /// What is redeemed; empty for other purposes.
  package let intervals: [Interval]
  /// The loan that redeemed intervals are pledged to.
  package let loan: Digest?
  /// The settlement bank of a redemption, which may confirm it too.
  package let settlementBank: String?
  package let claimed: BusinessDate
  package var status: Status = .open

  package static var table: StateTable { .paymentClaim }
  package var stateID: Digest { id }
  package static let answerDays: Int64 = 30

  package init(
    id: Digest, purpose: PaymentPurpose, subject: Digest, payer: String, payee: String, currency: Currency,
    amount: Int64, valueDate: BusinessDate, reference: String, intervals: [Interval] = [], loan: Digest? = nil,
    settlementBank: String? = nil, claimed: BusinessDate
  ) {
    self.id = id
    self.purpose = purpose
    self.subject = subject
    self.payer = payer
    self.payee = payee
    self.currency = currency
    self.amount = amount
    self.valueDate = valueDate
    self.reference = reference
    self.intervals = intervals
    self.loan = loan
    self.settlementBank = settlementBank
    self.claimed = claimed
  }

  /// Whether it still waits for an answer on `date`.
  package func isOpen(on date: BusinessDate) -> Bool {
    status == .open && claimed.days(until: date) <= PaymentClaim.answerDays
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(14)
    writer.digest(id)
    writer.text(purpose.rawValue)
    writer.digest(subject)
    writer.text(payer)
    writer.text(payee)
    writer.currency(currency)
    writer.integer(amount)
    writer.date(valueDate)
    writer.text(reference)
    writer.list(intervals)
    writer.optional(loan) { $0.digest($1) }
    writer.optional(settlementBank) { $0.text($1) }
    writer.date(claimed)
    writer.unsigned(UInt64(status.rawValue))
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(14)
    id = try reader.digest()
    guard let purpose = PaymentPurpose(rawValue: try reader.text(upTo: 16)) else {
      throw reader.failure(.invalidValue)
    }
    self.purpose = purpose
    subject = try reader.digest()
    payer = try reader.text(upTo: 48)
    payee = try reader.text(upTo: 48)
    currency = try reader.currency()
    amount = try reader.amount()
    valueDate = try reader.date()
    reference = try reader.text(upTo: 64)
    intervals = try reader.list(upTo: Interval.maximumNamed)
    loan = try reader.optional { (reader) throws(CBORError) in try reader.digest() }
    settlementBank = try reader.optional { (reader) throws(CBORError) in try reader.text(upTo: 48) }
    claimed = try reader.date()
    status = try reader.status()
  }
}

/// Which claim last used a payer's reference.
package struct PaymentReference: StateObject, Equatable {
  package struct ID: Hashable, Sendable, StateID {
    package let payer: String
    package let reference: String

    package init(payer: String, reference: String) {
      self.payer = payer
      self.reference = reference
    }

    /// Neither part holds a NUL, so they cannot run into each other.
    package var stateBytes: [UInt8] { Array(payer.utf8) + [0] + Array(reference.utf8) }
  }

  package let id: ID
  package var claim: Digest

  package static var table: StateTable { .paymentReference }
  package var stateID: ID { id }

  package init(id: ID, claim: Digest) {
    self.id = id
    self.claim = claim
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.text(id.payer)
    writer.text(id.reference)
    writer.digest(claim)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    let payer = try reader.text(upTo: 48)
    id = ID(payer: payer, reference: try reader.text(upTo: 64))
    claim = try reader.digest()
  }
}

/// The claims on a certificate or a loan that wait for an answer.
package enum OpenClaims {
  /// For one certificate or loan.
  package static let maximum = 16
}

extension Execution {
  /// Those of `claims` that still wait for an answer today; the others are forgotten when the list is next written.
  mutating func openClaims(_ claims: [Digest]) -> [PaymentClaim] {
    var open: [PaymentClaim] = []
    for id in claims {
      if let claim = state.get(PaymentClaim.self, id), claim.isOpen(on: block.date) { open.append(claim) }
    }
    return open
  }
}
