import Contracts
import Ledger
import Sodium

/// F-16: the requester may withdraw until the money has come: from an open request, or from a loan that is neither
/// disbursed nor claimed to be; the pledge falls away with it.
package struct CancelFinancing: Act {
  package static let type = "financing.cancel/1"
  package static let title = "The requester withdraws a financing request, or a loan that was not disbursed"
  package static let permission = Permission.finance

  package let request: Digest

  package init(_ form: inout Form) { request = form.digest("request") }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    var request = try execution.ownRequest(request)
    try execution.require(request.status != .cancelled, .requestNotOpen, "/terms/request")
    if let id = request.loan {
      var loan = try execution.find(id, Loan.self, orElse: .loanUnknown, "/terms/request")
      try execution.require(loan.status == .agreed, .loanNotInState, "/terms/request")
      try execution.require(execution.openClaims(loan.claims).isEmpty, .claimAlreadyOpen, "/terms/request")
      loan.status = .cancelled
      loan.claims = []
      try execution.releasePledge(of: loan, "/terms/request")
      execution.state.put(loan)
    }
    request.status = .cancelled
    execution.state.put(request)
  }
}

extension Execution {
  /// What secured `loan` is free for its owner again.
  mutating func releasePledge(of loan: Loan, _ pointer: String) throws(Rejection) {
    var certificate = try find(loan.certificate, ReceivableCertificate.self, orElse: .certificateUnknown, pointer)
    certificate.partition.release(.pledged(loan.id))
    state.put(certificate)
  }
}
