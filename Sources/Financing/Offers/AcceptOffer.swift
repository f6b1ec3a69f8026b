import Contracts
import Ledger
import Sodium

/// The requester opens one offer on the chain and takes it.
///
/// F-14: an offer counts only if it was committed and opened in time, is exactly the text committed to, and still
/// stands.
/// F-15: acceptance pledges exactly the named intervals to the new loan, all of them at once or none: what is pledged
/// already cannot be pledged to a second bank.
package struct AcceptOffer: Act {
  package static let type = "offer.accept/1"
  package static let title = "The requester accepts an offer and pledges the intervals"
  package static let permission = Permission.finance

  package let request: Digest
  package let bank: String
  package let opening: String

  package init(_ form: inout Form) {
    request = form.digest("request")
    bank = form.identifier("bank")
    opening = form.text("opening", 1...1024)
  }

  package var parties: [String] { [bank] }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    var request = try execution.ownRequest(request)
    try execution.require(request.status == .open, .requestNotOpen, "/terms/request")
    try execution.require(request.banks.contains(bank), .bankNotInvited, "/terms/bank")
    try execution.require(
      execution.block.time >= BlockContext.milliseconds(request.commitBy), .deadlineNotReached, "/terms/request")
    let terms = try agreedTerms(&execution)
    var certificate = try execution.negotiableCertificate(request.certificate, "/terms/request")
    try execution.require(terms.currency == certificate.currency, .currencyDiffers, "/terms/opening")
    try execution.require(terms.principal <= request.intervals.size, .principalAboveFace, "/terms/opening")
    do throws(Rejection) {
      try certificate.partition.requireFree(request.intervals, of: request.requester, "")
    } catch {
      // The intervals stand in the request, not in this document.
      throw Rejection(error.outcome, "/terms/request")
    }
    let loan = Loan(
      id: execution.document, request: request.id, certificate: certificate.id, intervals: request.intervals,
      borrower: request.requester, lender: bank, terms: terms, agreed: execution.block.date,
      maturity: certificate.maturity)
    try certificate.partition.replace(request.intervals, within: execution.parameters, at: "/terms/request") {
      $0.encumbrance = .pledged(loan.id)
    }
    request.status = .accepted
    request.loan = loan.id
    execution.state.put(certificate)
    execution.state.put(request)
    execution.state.put(loan)
  }

  /// F-14.
  private func agreedTerms(_ execution: inout Execution) throws(Rejection) -> LoanTerms {
    let offer = try execution.find(
      SealedOffer.ID(request: request, bank: bank), SealedOffer.self, orElse: .notCommitted, "/terms/bank")
    try execution.require(offer.opening != nil, .notOpened, "/terms/bank")
    try execution.require(
      opening.utf8.count == OfferOpening.size
        && OfferOpening.commitment(to: opening, request: request, bank: bank) == offer.commitment,
      .openingDiffers, "/terms/opening")
    let decision: OfferOpening.Decision
    do throws(Violations) {
      decision = try OfferOpening(opening).decision
    } catch {
      throw Rejection(.termsInvalid, "/terms/opening")
    }
    guard case .offer(let terms, let validUntil) = decision else { throw Rejection(.offerDeclined, "/terms/opening") }
    try execution.require(
      BlockContext.milliseconds(validUntil) >= execution.block.time, .offerExpired, "/terms/opening")
    return terms
  }
}
