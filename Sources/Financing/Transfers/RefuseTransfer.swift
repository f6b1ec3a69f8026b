import Contracts
import Ledger
import Sodium

/// F-10: the receiver need not give a reason.
package struct RefuseTransfer: Act {
  package static let type = "transfer.refuse/1"
  package static let title = "The receiver refuses a transfer"
  package static let permission = Permission.confirm

  package let transfer: Digest

  package init(_ form: inout Form) { transfer = form.digest("transfer") }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    let transfer = try execution.openTransfer(transfer, as: \.receiver, orElse: .notReceiver)
    try execution.end(transfer, as: .refused)
  }
}
