import Contracts
import Ledger
import Sodium

/// F-11: a request names free intervals of its owner but locks nothing: of several for the same interval, the first
/// offer that is accepted takes it. Its deadline leaves every invited bank the network's time to answer.
package struct RequestFinancing: Act {
  package static let type = "financing.request/1"
  package static let title = "An owner asks banks for sealed offers on intervals of a certificate"
  package static let permission = Permission.finance

  package let certificate: Digest
  package let intervals: [Interval]
  package let banks: [String]
  package let commitBy: Int64
  package let openBy: Int64

  package init(_ form: inout Form) {
    certificate = form.digest("certificate")
    intervals = form.intervals()
    banks = form.identifiers("banks", 1...FinancingRequest.maximumBanks)
    commitBy = form.integer("commitBy", 0...FinancingRequest.latestTime)
    openBy = form.integer("openBy", 0...FinancingRequest.latestTime)
  }

  package var parties: [String] { banks }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    let requester = execution.issuer.id
    let certificate = try execution.negotiableCertificate(certificate)
    try certificate.partition.requireFree(intervals, of: requester, "/terms/intervals")
    // Refuses now, not at the acceptance, what could not be split off.
    let pledge = Encumbrance.pledged(execution.document)
    var trial = certificate.partition
    try trial.replace(intervals, within: execution.parameters) { $0.encumbrance = pledge }
    for (index, bank) in banks.enumerated() {
      try execution.member(bank, roles: [.bank], orElse: .bankUnknown, "/terms/banks/\(index)")
      try execution.require(bank != requester, .bankUnknown, "/terms/banks/\(index)")
    }
    let (earliest, overflow) = execution.block.time.addingReportingOverflow(
      BlockContext.milliseconds(execution.parameters.offerWindowSeconds))
    try execution.require(
      !overflow && BlockContext.milliseconds(commitBy) >= earliest, .deadlineInvalid, "/terms/commitBy")
    try execution.require(openBy > commitBy, .deadlineInvalid, "/terms/openBy")
    execution.state.put(
      FinancingRequest(
        id: execution.document, certificate: certificate.id, requester: requester, intervals: intervals, banks: banks,
        commitBy: commitBy, openBy: openBy))
  }
}
