import Contracts
import Ledger
import Sodium

/// F-12: before the deadline each invited bank commits once, to an offer or a decline: nobody can tell which.
package struct CommitOffer: Act {
  package static let type = "offer.commit/1"
  package static let title = "A bank commits to its answer to a financing request"
  package static let permission = Permission.finance
  package static let roles: [Role] = [.bank]

  package let request: Digest
  package let commitment: Digest

  package init(_ form: inout Form) {
    request = form.digest("request")
    commitment = form.digest("commitment")
  }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    let request = try execution.invitation(request)
    try execution.require(
      execution.block.time < BlockContext.milliseconds(request.commitBy), .deadlinePassed, "/terms/request")
    let id = SealedOffer.ID(request: request.id, bank: execution.issuer.id)
    try execution.require(execution.state.get(SealedOffer.self, id) == nil, .alreadyCommitted, "/terms/commitment")
    execution.state.put(SealedOffer(id: id, commitment: commitment))
  }
}
