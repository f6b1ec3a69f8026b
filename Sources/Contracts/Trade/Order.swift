import Ledger
import Sodium

/// A buyer's order with what has become of each line: the totals say how much of it is used, never more than was
/// ordered
/// with its tolerance.
package struct Order: StateObject, Equatable {
  package enum Status: UInt8, Sendable {
    case open = 0
    case accepted = 1
    case rejected = 2
  }

  /// The buyer and the order's number.
  package let id: TradeID
  package let document: Digest
  package let supplier: String
  package let currency: Currency
  package let date: BusinessDate
  /// The members that may attest its deliveries.
  package let carriers: [String]
  /// How far quantities and prices may go above the order, in hundredths of a percent.
  package let toleranceBasisPoints: Int64
  package let paymentDays: Int64?
  package var status: Status
  package var lines: [Line]

  package static var table: StateTable { .order }
  package var stateID: TradeID { id }
  package var buyer: String { id.issuer }

  package struct Line: CBORCodable, Equatable, Sendable {
    package let line: String
    package let quantity: Quantity
    package let unit: String
    /// The amount of the whole line without tax, in minor units.
    package let amount: Int64
    /// Running totals. invoiced ≤ received ≤ dispatched ≤ quantity with its tolerance.
    package var dispatched = Quantity.zero
    package var received = Quantity.zero
    package var invoiced = Quantity.zero
    /// The earliest attested delivery of goods that are received and not yet invoiced.
    package var delivered: BusinessDate?

    package init(line: String, quantity: Quantity, unit: String, amount: Int64) {
      self.line = line
      self.quantity = quantity
      self.unit = unit
      self.amount = amount
    }

    package func encode(to writer: inout CBORWriter) {
      writer.array(8)
      writer.text(line)
      writer.quantity(quantity)
      writer.text(unit)
      writer.integer(amount)
      writer.quantity(dispatched)
      writer.quantity(received)
      writer.quantity(invoiced)
      writer.optional(delivered) { $0.date($1) }
    }

    package init(from reader: inout CBORReader) throws(CBORError) {
      try reader.structure(8)
      line = try reader.text(upTo: 32)
      quantity = try reader.quantity()
      guard quantity > .zero else { throw reader.failure(.invalidValue) }
      unit = try reader.text(upTo: 16)
      amount = try reader.minorUnits()
      dispatched = try reader.quantity()
      received = try reader.quantity()
      invoiced = try reader.quantity()
      delivered = try reader.optional { (reader) throws(CBORError) in try reader.date() }
    }
  }

  package init(
    id: TradeID, document: Digest, supplier: String, currency: Currency, date: BusinessDate, carriers: [String],
    toleranceBasisPoints: Int64, paymentDays: Int64?, lines: [Line]
  ) {
    self.id = id
    self.document = document
    self.supplier = supplier
    self.currency = currency
    self.date = date
    self.carriers = carriers
    self.toleranceBasisPoints = toleranceBasisPoints
    self.paymentDays = paymentDays
    self.status = .open
    self.lines = lines
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(10)
    writer.value(id)
    writer.digest(document)
    writer.text(supplier)
    writer.currency(currency)
    writer.date(date)
    writer.array(carriers.count)
    for carrier in carriers { writer.text(carrier) }
    writer.integer(toleranceBasisPoints)
    writer.optional(paymentDays) { $0.integer($1) }
    writer.unsigned(UInt64(status.rawValue))
    writer.list(lines)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(10)
    id = try reader.value()
    document = try reader.digest()
    supplier = try reader.text(upTo: 48)
    currency = try reader.currency()
    date = try reader.date()
    var carriers: [String] = []
    for _ in 0..<(try reader.array(upTo: PlaceOrder.maximumCarriers)) { carriers.append(try reader.text(upTo: 48)) }
    self.carriers = carriers
    toleranceBasisPoints = Int64(try reader.unsigned(upTo: UInt64(PlaceOrder.maximumTolerance)))
    paymentDays = try reader.optional { (reader) throws(CBORError) in try reader.integer() }
    guard let status = Status(rawValue: UInt8(try reader.unsigned(upTo: 255))) else {
      throw reader.failure(.invalidValue)
    }
    self.status = status
    lines = try reader.list(upTo: maximumLines)
  }
}
