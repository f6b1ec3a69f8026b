import Ledger
import Sodium

/// Goods on their way, as the supplier announced them and the carrier attested them.
package struct Dispatch: StateObject, Equatable {
  /// The supplier and the dispatch's number.
  package let id: TradeID
  package let document: Digest
  package let order: TradeID
  package let carrier: String
  package let date: BusinessDate
  package let lines: [Line]
  package var pickedUp: Attestation?
  package var delivered: Attestation?
  /// The number of the receipt that the buyer gave for it.
  package var receipt: String?

  package static var table: StateTable { .dispatch }
  package var stateID: TradeID { id }

  package struct Line: CBORCodable, Equatable, Sendable {
    /// The line's place among the order's lines.
    package let position: Int
    package let quantity: Quantity

    package init(position: Int, quantity: Quantity) {
      self.position = position
      self.quantity = quantity
    }

    package func encode(to writer: inout CBORWriter) {
      writer.array(2)
      writer.unsigned(UInt64(position))
      writer.quantity(quantity)
    }

    package init(from reader: inout CBORReader) throws(CBORError) {
      try reader.structure(2)
      position = Int(try reader.unsigned(upTo: UInt64(maximumLines - 1)))
      quantity = try reader.quantity()
    }
  }

  /// What the carrier stated, and the document in which it did.
  package struct Attestation: CBORCodable, Equatable, Sendable {
    package let document: Digest
    package let date: BusinessDate

    package init(document: Digest, date: BusinessDate) {
      self.document = document
      self.date = date
    }

    package func encode(to writer: inout CBORWriter) {
      writer.array(2)
      writer.digest(document)
      writer.date(date)
    }

    package init(from reader: inout CBORReader) throws(CBORError) {
      try reader.structure(2)
      document = try reader.digest()
      date = try reader.date()
    }
  }

  package init(
    id: TradeID, document: Digest, order: TradeID, carrier: String, date: BusinessDate, lines: [Line]
  ) {
    self.id = id
    self.document = document
    self.order = order
    self.carrier = carrier
    self.date = date
    self.lines = lines
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(9)
    writer.value(id)
    writer.digest(document)
    writer.value(order)
    writer.text(carrier)
    writer.date(date)
    writer.list(lines)
    writer.optional(pickedUp) { $0.value($1) }
    writer.optional(delivered) { $0.value($1) }
    writer.optional(receipt) { $0.text($1) }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(9)
    id = try reader.value()
    document = try reader.digest()
    order = try reader.value()
    carrier = try reader.text(upTo: 48)
    date = try reader.date()
    lines = try reader.list(upTo: maximumLines)
    pickedUp = try reader.optional { (reader) throws(CBORError) in try reader.value() }
    delivered = try reader.optional { (reader) throws(CBORError) in try reader.value() }
    receipt = try reader.optional { (reader) throws(CBORError) in try reader.text(upTo: 64) }
  }
}
