import Contracts
import Ledger
import Sodium

/// F-10: ownership moves only when the receiver accepts; until then the intervals are held, and the sender can revoke.
package struct OfferTransfer: Act {
  package static let type = "transfer.offer/1"
  package static let title = "An owner offers intervals of a certificate to another member"
  package static let permission = Permission.confirm

  package let certificate: Digest
  package let intervals: [Interval]
  package let receiver: String
  package let recourse: Bool

  package init(_ form: inout Form) {
    certificate = form.digest("certificate")
    intervals = form.intervals()
    receiver = form.identifier("receiver")
    recourse = form.optional("recourse") { $0.bool("recourse") } ?? false
  }

  package var parties: [String] { [receiver] }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    let sender = execution.issuer.id
    var certificate = try execution.negotiableCertificate(certificate)
    try execution.member(receiver, orElse: .receiverUnknown, "/terms/receiver")
    try execution.require(receiver != sender, .receiverUnknown, "/terms/receiver")
    try certificate.partition.requireFree(intervals, of: sender, "/terms/intervals")
    let hops = execution.hops(of: intervals, in: certificate.partition)
    let id = execution.document
    try certificate.partition.replace(intervals, within: execution.parameters) { $0.encumbrance = .offered(id) }
    execution.state.put(certificate)
    execution.state.put(
      Transfer(
        id: id, certificate: certificate.id, sender: sender, receiver: receiver, intervals: intervals,
        recourse: recourse, hops: hops + 1))
  }
}

extension Execution {
  /// The most transfers that any part of `intervals` has passed through.
  fileprivate mutating func hops(of intervals: [Interval], in partition: Partition) -> UInt64 {
    var seen: Set<Digest> = []
    var hops: UInt64 = 0
    for interval in intervals {
      for piece in partition.pieces(in: interval) {
        guard let origin = piece.holding.origin, seen.insert(origin).inserted else { continue }
        hops = max(hops, state.get(Transfer.self, origin)?.hops ?? 0)
      }
    }
    return hops
  }
}
