import Ledger
import Sodium

/// Why a line of an invoice is matched in full, in part, or not at all: the first reason that holds.
package enum MatchReason: UInt8, CaseIterable, Sendable {
  case full = 0
  /// The order has no such line.
  case lineUnknown = 1
  /// Nothing of the line was received as good.
  case notReceived = 2
  /// All that was received is used up by earlier invoices.
  case alreadyInvoiced = 3
  /// Only part of the quantity was received and is not yet invoiced.
  case aboveReceived = 4
  /// The amount is above the ordered price of the quantity with its tolerance.
  case abovePrice = 5

  package var name: String { "\(self)" }
}

/// A supplier's invoice and how far the buyer may confirm it.
package struct Invoice: StateObject, Equatable {
  /// The supplier and the invoice's number.
  package let id: TradeID
  package let document: Digest
  package let order: TradeID
  package let currency: Currency
  package let date: BusinessDate
  package let dueDate: BusinessDate?
  /// The payable amount in minor units, tax and charges included.
  package let total: Int64
  /// The part of `total` that order and receipts bear out.
  package let matched: Int64
  /// The lines that did not match in full; every other line did.
  package let unmatched: [LineMatch]
  /// The earliest attested delivery of the goods matched: from it the time to pay runs. Nil when none matched.
  package let delivered: BusinessDate?
  package var credited: Int64
  package var confirmed: Int64

  package static var table: StateTable { .invoice }
  package var stateID: TradeID { id }
  package var supplier: String { id.issuer }
  package var buyer: String { order.issuer }

  /// What may still be confirmed.
  package var confirmable: Int64 { max(0, matched - credited - confirmed) }
  /// What may still be credited: confirmed parts are owed to whoever holds them.
  package var unconfirmed: Int64 { total - credited - confirmed }

  package struct LineMatch: CBORCodable, Equatable, Sendable {
    package let line: String
    package let reason: MatchReason
    /// How much of the line matched.
    package let quantity: Quantity
    package let amount: Int64

    package init(line: String, reason: MatchReason, quantity: Quantity = .zero, amount: Int64 = 0) {
      self.line = line
      self.reason = reason
      self.quantity = quantity
      self.amount = amount
    }

    package func encode(to writer: inout CBORWriter) {
      writer.array(4)
      writer.text(line)
      writer.unsigned(UInt64(reason.rawValue))
      writer.quantity(quantity)
      writer.integer(amount)
    }

    package init(from reader: inout CBORReader) throws(CBORError) {
      try reader.structure(4)
      line = try reader.text(upTo: 32)
      guard let reason = MatchReason(rawValue: UInt8(try reader.unsigned(upTo: 255))) else {
        throw reader.failure(.invalidValue)
      }
      self.reason = reason
      quantity = try reader.quantity()
      amount = try reader.minorUnits()
    }
  }

  package init(
    id: TradeID, document: Digest, order: TradeID, currency: Currency, date: BusinessDate, dueDate: BusinessDate? = nil,
    total: Int64, matched: Int64, unmatched: [LineMatch] = [], delivered: BusinessDate? = nil, credited: Int64 = 0,
    confirmed: Int64 = 0
  ) {
    self.id = id
    self.document = document
    self.order = order
    self.currency = currency
    self.date = date
    self.dueDate = dueDate
    self.total = total
    self.matched = matched
    self.unmatched = unmatched
    self.delivered = delivered
    self.credited = credited
    self.confirmed = confirmed
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(12)
    writer.value(id)
    writer.digest(document)
    writer.value(order)
    writer.currency(currency)
    writer.date(date)
    writer.optional(dueDate) { $0.date($1) }
    writer.integer(total)
    writer.integer(matched)
    writer.list(unmatched)
    writer.optional(delivered) { $0.date($1) }
    writer.integer(credited)
    writer.integer(confirmed)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(12)
    id = try reader.value()
    document = try reader.digest()
    order = try reader.value()
    currency = try reader.currency()
    date = try reader.date()
    dueDate = try reader.optional { (reader) throws(CBORError) in try reader.date() }
    total = try reader.minorUnits()
    matched = try reader.minorUnits()
    unmatched = try reader.list(upTo: maximumLines)
    delivered = try reader.optional { (reader) throws(CBORError) in try reader.date() }
    credited = try reader.minorUnits()
    confirmed = try reader.minorUnits()
    // credited + confirmed ≤ total, in a form that cannot overflow.
    guard matched <= total, credited <= total, confirmed <= total - credited else {
      throw reader.failure(.invalidValue)
    }
  }
}
