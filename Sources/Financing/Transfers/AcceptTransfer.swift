import Contracts
import Ledger
import Sodium

/// F-10: the receiver's acceptance makes it the owner.
package struct AcceptTransfer: Act {
  package static let type = "transfer.accept/1"
  package static let title = "The receiver accepts a transfer and owns its intervals"
  package static let permission = Permission.confirm

  package let transfer: Digest

  package init(_ form: inout Form) { transfer = form.digest("transfer") }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    var transfer = try execution.openTransfer(transfer, as: \.receiver, orElse: .notReceiver)
    var certificate = try execution.negotiableCertificate(transfer.certificate, "/terms/transfer")
    let holding = Holding(owner: transfer.receiver, origin: transfer.id)
    try certificate.partition.replace(transfer.intervals, within: execution.parameters, at: "/terms/transfer") {
      $0 = holding
    }
    transfer.status = .accepted
    execution.state.put(certificate)
    execution.state.put(transfer)
  }
}
