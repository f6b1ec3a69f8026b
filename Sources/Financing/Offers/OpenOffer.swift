import Contracts
import Ledger
import Sodium

/// F-13: after the deadline for commitments and until the one for openings, a bank that committed hands its opening to
/// the requester alone, once; every sealed opening has the same size.
package struct OpenOffer: Act {
  package static let type = "offer.open/1"
  package static let title = "A bank hands its answer, sealed, to the requester"
  package static let permission = Permission.finance
  package static let roles: [Role] = [.bank]

  package let request: Digest
  package let sealed: [UInt8]

  package init(_ form: inout Form) {
    request = form.digest("request")
    sealed = form.string(
      "sealed", schema: ["type": "string", "pattern": "^[A-Za-z0-9_-]{1,4096}$"], placeholder: [],
      rule: "base64url of a sealed box, \(OfferOpening.sealedSize) bytes"
    ) { text in (1...4096).contains(text.utf8.count) ? Base64URL.decode(text) : nil }
  }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    let request = try execution.invitation(request)
    try execution.require(
      execution.block.time >= BlockContext.milliseconds(request.commitBy), .deadlineNotReached, "/terms/request")
    try execution.require(
      execution.block.time <= BlockContext.milliseconds(request.openBy), .deadlinePassed, "/terms/request")
    var offer = try execution.find(
      SealedOffer.ID(request: request.id, bank: execution.issuer.id), SealedOffer.self, orElse: .notCommitted,
      "/terms/request")
    try execution.require(offer.opening == nil, .alreadyOpened, "/terms/request")
    try execution.require(sealed.count == OfferOpening.sealedSize, .openingSize, "/terms/sealed")
    offer.opening = execution.document
    execution.state.put(offer)
  }
}
