import Contracts
import Ledger
import Sodium

/// Intervals of a certificate on their way to another owner.
package struct Transfer: StateObject, Equatable {
  package enum Status: UInt8, Sendable {
    /// Successors: accepted, refused, revoked; all of them final.
    case open
    case accepted
    case refused
    case revoked
  }

  package let id: Digest
  package let certificate: Digest
  package let sender: String
  package let receiver: String
  package let intervals: [Interval]
  /// Whether the receiver may turn to the sender when the debtor does not pay.
  package let recourse: Bool
  /// How many transfers lie between the supplier and the receiver, this one included; the longest line, where lines
  /// meet.
  package let hops: UInt64
  package var status: Status

  package static var table: StateTable { .transfer }
  package var stateID: Digest { id }

  package init(
    id: Digest, certificate: Digest, sender: String, receiver: String, intervals: [Interval], recourse: Bool,
    hops: UInt64, status: Status = .open
  ) {
    self.id = id
    self.certificate = certificate
    self.sender = sender
    self.receiver = receiver
    self.intervals = intervals
    self.recourse = recourse
    self.hops = hops
    self.status = status
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(8)
    writer.digest(id)
    writer.digest(certificate)
    writer.text(sender)
    writer.text(receiver)
    writer.list(intervals)
    writer.bool(recourse)
    writer.unsigned(hops)
    writer.unsigned(UInt64(status.rawValue))
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(8)
    id = try reader.digest()
    certificate = try reader.digest()
    sender = try reader.text(upTo: 48)
    receiver = try reader.text(upTo: 48)
    intervals = try reader.list(upTo: Interval.maximumNamed)
    recourse = try reader.bool()
    hops = try reader.unsigned()
    status = try reader.status()
  }
}

extension Execution {
  mutating func openTransfer(
    _ id: Digest, as party: KeyPath<Transfer, String>, orElse outcome: Outcome
  ) throws(Rejection) -> Transfer {
    let transfer = try find(id, Transfer.self, orElse: .transferUnknown, "/terms/transfer")
    try require(transfer[keyPath: party] == issuer.id, outcome, "/terms/transfer")
    try require(transfer.status == .open, .transferNotOpen, "/terms/transfer")
    return transfer
  }

  /// Ends a transfer that does not happen: what it held is free for the sender again, unless the debtor has paid it.
  mutating func end(_ transfer: Transfer, as status: Transfer.Status) throws(Rejection) {
    var certificate = try find(
      transfer.certificate, ReceivableCertificate.self, orElse: .certificateUnknown, "/terms/transfer")
    certificate.partition.release(.offered(transfer.id))
    var transfer = transfer
    transfer.status = status
    state.put(certificate)
    state.put(transfer)
  }
}
