import Contracts
import Ledger
import Sodium

/// F-19: the payee's confirmation discharges; for a redemption the certificate's settlement bank may give it too.
package struct ConfirmPayment: Act {
  package static let type = "payment.confirm/1"
  package static let title = "The payee confirms a payment, which discharges the payer"
  package static let permission = Permission.confirm

  package let claim: Digest

  package init(_ form: inout Form) { claim = form.digest("claim") }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    var claim = try execution.find(claim, PaymentClaim.self, orElse: .claimUnknown, "/terms/claim")
    let issuer = execution.issuer.id
    try execution.require(issuer == claim.payee || issuer == claim.settlementBank, .notPayee, "/terms/claim")
    try execution.require(claim.isOpen(on: execution.block.date), .claimNotOpen, "/terms/claim")
    claim.status = .confirmed
    execution.state.put(claim)
    switch claim.purpose {
    case .redemption: try redeem(claim, &execution)
    case .disbursement, .repayment, .surplus: try pay(claim, &execution)
    }
  }

  /// F-25: what the debtor pays on pledged intervals repays the loan; what is left is the borrower's surplus; a repaid
  /// loan gives back the rest of its pledge. Ownership stands still since maturity (F-8), so the payee of the claim is
  /// still right: when the loan was repaid meanwhile, all of it is surplus.
  private func redeem(_ claim: PaymentClaim, _ execution: inout Execution) throws(Rejection) {
    var certificate = try execution.find(
      claim.subject, ReceivableCertificate.self, orElse: .certificateUnknown, "/terms/claim")
    certificate.claims.removeAll { $0 == claim.id }
    try certificate.redeem(claim.intervals, within: execution.parameters, at: "/terms/claim")
    if let id = claim.loan {
      var loan = try execution.find(id, Loan.self, orElse: .loanUnknown, "/terms/claim")
      loan.redeemed += claim.amount
      try execution.require(loan.receive(claim.amount, on: claim.valueDate), .arithmetic, "/terms/claim")
      if loan.status == .repaid { certificate.partition.release(.pledged(id)) }
      execution.state.put(loan)
    }
    execution.state.put(certificate)
  }

  private func pay(_ claim: PaymentClaim, _ execution: inout Execution) throws(Rejection) {
    var loan = try execution.find(claim.subject, Loan.self, orElse: .loanUnknown, "/terms/claim")
    loan.claims.removeAll { $0 == claim.id }
    switch claim.purpose {
    case .disbursement:
      try execution.require(loan.status == .agreed, .loanNotInState, "/terms/claim")
      loan.disburse(on: claim.valueDate)
    case .surplus:
      loan.surplusPaid += claim.amount
      try execution.require(loan.surplusPaid <= loan.surplus, .aboveOutstanding, "/terms/claim")
    case .repayment, .redemption:
      // Something else may have been paid since the claim: what is too much now is surplus.
      try execution.require(loan.receive(claim.amount, on: claim.valueDate), .arithmetic, "/terms/claim")
      if loan.status == .repaid { try execution.releasePledge(of: loan, "/terms/claim") }
    }
    execution.state.put(loan)
  }
}
