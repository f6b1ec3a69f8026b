import Contracts
import Ledger
import Sodium

/// F-10: the sender takes back what the receiver has not accepted.
package struct RevokeTransfer: Act {
  package static let type = "transfer.revoke/1"
  package static let title = "The sender revokes a transfer that was not accepted"
  package static let permission = Permission.confirm

  package let transfer: Digest

  package init(_ form: inout Form) { transfer = form.digest("transfer") }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    let transfer = try execution.openTransfer(transfer, as: \.sender, orElse: .notSender)
    try execution.end(transfer, as: .revoked)
  }
}
