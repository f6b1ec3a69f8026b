import Ledger

/// The carrier states that it picked goods up, or delivered them.
package struct AttestCarriage: Act {
  package static let type = "attestation/1"
  package static let title = "A carrier's attestation of picking up or delivering goods"
  package static let permission = Permission.logistics
  package static let roles: [Role] = [.carrier]
  package static let committed = ["vehicle", "place", "note"]

  enum Event: String, CaseIterable, Sendable {
    case pickedUp
    case delivered
  }

  let supplier: String
  let dispatch: String
  let event: Event
  let date: BusinessDate

  package init(_ form: inout Form) {
    supplier = form.identifier("supplier")
    dispatch = form.number("dispatch")
    event = form.choice("event")
    date = form.date("date")
  }

  package var parties: [String] { [supplier] }

  /// K-6: only the carrier that the dispatch names attests; first that it picked up, then that it delivered, each once.
  package func perform(_ execution: inout Execution) throws(Rejection) {
    var dispatch = try execution.find(
      TradeID(issuer: supplier, number: dispatch), Dispatch.self, orElse: .dispatchUnknown, "/terms/dispatch")
    try execution.require(dispatch.carrier == execution.issuer.id, .notNamedForDelivery, "/terms/dispatch")
    let attestation = Dispatch.Attestation(document: execution.document, date: date)
    switch event {
    case .pickedUp:
      try execution.require(dispatch.pickedUp == nil, .alreadyAttested, "/terms/event")
      dispatch.pickedUp = attestation
    case .delivered:
      guard let pickedUp = dispatch.pickedUp else { throw Rejection(.attestationOutOfOrder, "/terms/event") }
      try execution.require(dispatch.delivered == nil, .alreadyAttested, "/terms/event")
      try execution.require(pickedUp.date <= date, .attestationOutOfOrder, "/terms/date")
      dispatch.delivered = attestation
    }
    execution.state.put(dispatch)
  }
}
