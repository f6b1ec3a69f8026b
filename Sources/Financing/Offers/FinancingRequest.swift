import Contracts
import Ledger
import Sodium

/// An owner asks invited banks for sealed offers on intervals of a certificate.
package struct FinancingRequest: StateObject, Equatable {
  package enum Status: UInt8, Sendable {
    /// Successors: accepted, cancelled.
    case open
    /// One offer was accepted: `loan` came of it. Successor: cancelled, while that loan is not disbursed.
    case accepted
    /// Final.
    case cancelled
  }

  package let id: Digest
  package let certificate: Digest
  package let requester: String
  package let intervals: [Interval]
  package let banks: [String]
  /// Seconds since 1970 in the network's time: commitments come before it, openings from it on.
  package let commitBy: Int64
  /// The last second for openings.
  package let openBy: Int64
  package var status: Status = .open
  package var loan: Digest?

  package static var table: StateTable { .financingRequest }
  package var stateID: Digest { id }
  package static let maximumBanks = 16
  /// 9999-12-31T23:59:59Z in seconds since 1970.
  package static let latestTime: Int64 = 253_402_300_799

  package init(
    id: Digest, certificate: Digest, requester: String, intervals: [Interval], banks: [String], commitBy: Int64,
    openBy: Int64
  ) {
    self.id = id
    self.certificate = certificate
    self.requester = requester
    self.intervals = intervals
    self.banks = banks
    self.commitBy = commitBy
    self.openBy = openBy
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(9)
    writer.digest(id)
    writer.digest(certificate)
    writer.text(requester)
    writer.list(intervals)
    writer.array(banks.count)
    for bank in banks { writer.text(bank) }
    writer.integer(commitBy)
    writer.integer(openBy)
    writer.unsigned(UInt64(status.rawValue))
    writer.optional(loan) { $0.digest($1) }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(9)
    id = try reader.digest()
    certificate = try reader.digest()
    requester = try reader.text(upTo: 48)
    intervals = try reader.list(upTo: Interval.maximumNamed)
    var banks: [String] = []
    for _ in 0..<(try reader.array(upTo: FinancingRequest.maximumBanks)) { banks.append(try reader.text(upTo: 48)) }
    self.banks = banks
    commitBy = try reader.integer()
    openBy = try reader.integer()
    status = try reader.status()
    loan = try reader.optional { (reader) throws(CBORError) in try reader.digest() }
  }
}

/// One bank's sealed answer to one request.
package struct SealedOffer: StateObject, Equatable {
  package struct ID: Hashable, Sendable, StateID {
    package let request: Digest
    package let bank: String

    package init(request: Digest, bank: String) {
      self.request = request
      self.bank = bank
    }

    package var stateBytes: [UInt8] { request.bytes + Array(bank.utf8) }
  }

  package let id: ID
  package let commitment: Digest
  /// The document that carries the sealed opening.
  package var opening: Digest?

  package static var table: StateTable { .sealedOffer }
  package var stateID: ID { id }

  package init(id: ID, commitment: Digest, opening: Digest? = nil) {
    self.id = id
    self.commitment = commitment
    self.opening = opening
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(4)
    writer.digest(id.request)
    writer.text(id.bank)
    writer.digest(commitment)
    writer.optional(opening) { $0.digest($1) }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(4)
    let request = try reader.digest()
    id = ID(request: request, bank: try reader.text(upTo: 48))
    commitment = try reader.digest()
    opening = try reader.optional { (reader) throws(CBORError) in try reader.digest() }
  }
}

extension Execution {
  mutating func request(_ id: Digest) throws(Rejection) -> FinancingRequest {
    try find(id, FinancingRequest.self, orElse: .requestUnknown, "/terms/request")
  }

  /// An open request to which the issuer at hand is invited.
  mutating func invitation(_ id: Digest) throws(Rejection) -> FinancingRequest {
    let request = try request(id)
    try require(request.banks.contains(issuer.id), .bankNotInvited, "/terms/request")
    try require(request.status == .open, .requestNotOpen, "/terms/request")
    return request
  }

  /// The request of the issuer at hand.
  mutating func ownRequest(_ id: Digest) throws(Rejection) -> FinancingRequest {
    let request = try request(id)
    try require(request.requester == issuer.id, .notRequester, "/terms/request")
    return request
  }
}

extension BlockContext {
  /// Milliseconds of a time in seconds, as documents state it.
  static func milliseconds(_ seconds: Int64) -> Int64 {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    return overflow ? .max : product
  }
}
