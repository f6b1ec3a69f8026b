import Contracts
import Ledger
import Sodium

/// The payer claims a payment.
///
/// F-20: only who owes claims to have paid, to whom it is owed, in the contract's currency, for value on a day that has
/// come.
/// F-21: a payer uses a reference once; one that was contested may be claimed again.
/// F-22: one open claim on an interval, and one of each purpose on a loan.
package struct ClaimPayment: Act {
  package static let type = "payment.claim/1"
  package static let title = "A payer claims to have paid"
  package static let permission = Permission.confirm

  package let purpose: PaymentPurpose
  package let subject: Digest
  package let payee: String
  package let currency: Currency
  package let amount: Int64
  package let valueDate: BusinessDate
  package let reference: String
  package let intervals: [Interval]

  package init(_ form: inout Form) {
    purpose = form.choice("purpose")
    subject = form.digest("subject")
    payee = form.identifier("payee")
    currency = form.currency()
    amount = form.amount("amount", currency)
    valueDate = form.date("valueDate")
    reference = form.text("reference", 1...64)
    let named = form.optional("intervals") { $0.intervals() }
    form.require(
      (named != nil) == (purpose == .redemption), "intervals", "named for a redemption, and for nothing else")
    intervals = named ?? []
  }

  package var parties: [String] { [payee] }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    switch purpose {
    case .redemption: try redeem(&execution)
    case .disbursement, .repayment, .surplus: try pay(&execution)
    }
  }

  /// F-23: the debtor pays at maturity or later, interval by interval, exactly what they hold: to their owner or, where
  /// they are pledged, to the lender.
  private func redeem(_ execution: inout Execution) throws(Rejection) {
    var certificate = try execution.find(
      subject, ReceivableCertificate.self, orElse: .certificateUnknown, "/terms/subject")
    try execution.require(certificate.debtor == execution.issuer.id, .notPayer, "/terms/subject")
    try execution.require(certificate.status == .active, .certificateNotActive, "/terms/subject")
    try execution.require(execution.block.date >= certificate.maturity, .notMatured, "/terms/subject")
    try certificate.partition.requireValid(intervals, "/terms/intervals")
    let loan = try creditor(in: certificate, &execution)
    try execution.require(currency == certificate.currency, .currencyDiffers, "/terms/currency")
    try execution.require(amount == intervals.size, .amountDiffers, "/terms/amount")
    try requireValueDate(certificate.issued...max(certificate.issued, execution.block.date), execution)
    let open = execution.openClaims(certificate.claims)
    try execution.require(
      !open.contains { $0.intervals.overlap(intervals) }, .claimAlreadyOpen, "/terms/intervals")
    try execution.require(open.count < OpenClaims.maximum, .tooManyClaims, "/terms/subject")
    // Refuses now, not at the confirmation, what would split the certificate too far.
    var trial = certificate
    try trial.redeem(intervals, within: execution.parameters)
    certificate.claims = open.map(\.id) + [execution.document]
    try record(loan: loan, settlementBank: certificate.settlementBank, &execution)
    execution.state.put(certificate)
  }

  /// Requires that all intervals are payable to the payee; answers the loan that they secure. Those of several loans,
  /// or pledged and free ones, are claimed apart.
  private func creditor(in certificate: ReceivableCertificate, _ execution: inout Execution) throws(Rejection)
    -> Digest?
  {
    var loan: Digest??
    for (index, interval) in intervals.enumerated() {
      let pointer = "/terms/intervals/\(index)"
      for piece in certificate.partition.pieces(in: interval) {
        let pledge: Digest?
        let creditor: String
        switch piece.encumbrance {
        case .redeemed: throw Rejection(.intervalRedeemed, pointer)
        case .none, .offered:
          pledge = nil
          creditor = piece.owner
        case .pledged(let id):
          let loan = try execution.find(id, Loan.self, orElse: .loanUnknown, pointer)
          // Nothing is owed to the lender yet: the borrower cancels, or confirms the disbursement, first.
          try execution.require(loan.status == .active, .loanNotInState, pointer)
          pledge = id
          creditor = loan.lender
        }
        try execution.require(payee == creditor, .notPayee, "/terms/payee")
        if let loan { try execution.require(loan == pledge, .intervalPledged, pointer) }
        loan = .some(pledge)
      }
    }
    return loan ?? nil
  }

  /// F-24: the principal is disbursed in full, before maturity; a repayment is at most what is owed on its value date;
  /// a surplus at most what the lender holds of it.
  private func pay(_ execution: inout Execution) throws(Rejection) {
    var loan = try execution.find(subject, Loan.self, orElse: .loanUnknown, "/terms/subject")
    let payer = purpose == .repayment ? loan.borrower : loan.lender
    let payee = purpose == .repayment ? loan.lender : loan.borrower
    let status: Loan.Status =
      switch purpose {
      case .disbursement: .agreed
      case .surplus: .repaid
      case .repayment, .redemption: .active
      }
    try execution.require(execution.issuer.id == payer, .notPayer, "/terms/subject")
    try execution.require(loan.status == status, .loanNotInState, "/terms/subject")
    try execution.require(self.payee == payee, .notPayee, "/terms/payee")
    try execution.require(currency == loan.terms.currency, .currencyDiffers, "/terms/currency")
    let earliest = loan.start ?? loan.agreed
    try requireValueDate(earliest...max(earliest, execution.block.date), execution)
    switch purpose {
    case .disbursement:
      try execution.require(valueDate < loan.maturity, .valueDateInvalid, "/terms/valueDate")
      try execution.require(amount == loan.terms.principal, .amountDiffers, "/terms/amount")
    case .surplus:
      try execution.require(amount <= loan.surplus - loan.surplusPaid, .aboveOutstanding, "/terms/amount")
    case .repayment, .redemption:
      guard let owed = loan.due(on: valueDate)?.total else { throw Rejection(.arithmetic, "/terms/valueDate") }
      try execution.require(amount <= owed, .aboveOutstanding, "/terms/amount")
    }
    let open = execution.openClaims(loan.claims)
    try execution.require(!open.contains { $0.purpose == purpose }, .claimAlreadyOpen, "/terms/purpose")
    loan.claims = open.map(\.id) + [execution.document]
    try record(loan: nil, settlementBank: nil, &execution)
    execution.state.put(loan)
  }

  private func requireValueDate(
    _ range: ClosedRange<BusinessDate>, _ execution: borrowing Execution
  ) throws(Rejection) {
    guard range.contains(valueDate), valueDate <= execution.block.date else {
      throw Rejection(.valueDateInvalid, "/terms/valueDate")
    }
  }

  /// F-21.
  private func record(loan: Digest?, settlementBank: String?, _ execution: inout Execution) throws(Rejection) {
    let payer = execution.issuer.id
    let id = PaymentReference.ID(payer: payer, reference: reference)
    if let used = execution.state.get(PaymentReference.self, id),
      let earlier = execution.state.get(PaymentClaim.self, used.claim)
    {
      try execution.require(
        earlier.status != .confirmed && !earlier.isOpen(on: execution.block.date), .referenceUsed, "/terms/reference")
    }
    execution.state.put(PaymentReference(id: id, claim: execution.document))
    execution.state.put(
      PaymentClaim(
        id: execution.document, purpose: purpose, subject: subject, payer: payer, payee: payee, currency: currency,
        amount: amount, valueDate: valueDate, reference: reference, intervals: intervals, loan: loan,
        settlementBank: settlementBank, claimed: execution.block.date))
  }
}
