import Contracts
import Ledger
import Sodium

/// A buyer's irrevocable undertaking to pay `face` at `maturity` to whoever holds it (应收账款电子凭证).
package struct ReceivableCertificate: StateObject, Equatable {
  package enum Status: UInt8, Sendable {
    /// Confirmed by the debtor, waiting for the supplier. Successors: active, refused.
    case offered
    /// Owned, piece by piece. Successor: redeemed.
    case active
    /// Paid in full; final.
    case redeemed
    /// The supplier would not have it; final.
    case refused
  }

  package let id: Digest
  /// Who must pay: the buyer that confirmed.
  package let debtor: String
  package let supplier: String
  package let invoice: TradeID
  package let currency: Currency
  /// Minor units.
  package let face: Int64
  package let issued: BusinessDate
  package let maturity: BusinessDate
  package let settlementBank: String
  package var status: Status = .offered
  /// Empty until the supplier accepts.
  package var partition: Partition = .empty
  /// F-4: face = outstanding + redeemed.
  package private(set) var redeemed: Int64 = 0
  /// Redemption claims that wait for an answer, at most `OpenClaims.maximum`.
  package var claims: [Digest] = []

  package init(
    id: Digest, debtor: String, supplier: String, invoice: TradeID, currency: Currency, face: Int64,
    issued: BusinessDate,
    maturity: BusinessDate, settlementBank: String
  ) {
    self.id = id
    self.debtor = debtor
    self.supplier = supplier
    self.invoice = invoice
    self.currency = currency
    self.face = face
    self.issued = issued
    self.maturity = maturity
    self.settlementBank = settlementBank
  }

  package static var table: StateTable { .certificate }
  package var stateID: Digest { id }
  package var outstanding: Int64 { face - redeemed }

  /// Marks named intervals as paid. They were checked when the payment was claimed.
  mutating func redeem(
    _ intervals: [Interval], within parameters: Parameters, at pointer: String = "/terms/intervals"
  ) throws(Rejection) {
    try partition.replace(intervals, within: parameters, at: pointer) { $0.encumbrance = .redeemed }
    redeemed = partition.redeemed
    if redeemed == face { status = .redeemed }
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(13)
    writer.digest(id)
    writer.text(debtor)
    writer.text(supplier)
    writer.value(invoice)
    writer.currency(currency)
    writer.integer(face)
    writer.date(issued)
    writer.date(maturity)
    writer.text(settlementBank)
    writer.unsigned(UInt64(status.rawValue))
    writer.value(partition)
    writer.integer(redeemed)
    writer.digests(claims)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(13)
    id = try reader.digest()
    debtor = try reader.text(upTo: 48)
    supplier = try reader.text(upTo: 48)
    invoice = try reader.value()
    currency = try reader.currency()
    face = try reader.amount()
    issued = try reader.date()
    maturity = try reader.date()
    settlementBank = try reader.text(upTo: 48)
    status = try reader.status()
    partition = try reader.value()
    redeemed = try reader.amount()
    claims = try reader.digests(upTo: OpenClaims.maximum)
  }
}

extension CBORReader {
  /// Minor units; never negative.
  mutating func amount() throws(CBORError) -> Int64 { Int64(try unsigned(upTo: UInt64(Int64.max))) }

  mutating func status<T: RawRepresentable>(_ type: T.Type = T.self) throws(CBORError) -> T where T.RawValue == UInt8 {
    guard let status = T(rawValue: UInt8(try unsigned(upTo: 255))) else { throw failure(.invalidValue) }
    return status
  }
}
