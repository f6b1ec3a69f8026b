import Ledger
import Sodium

/// A supplier's credit note: it lowers what may still be confirmed of an invoice.
package struct CreditNote: StateObject, Equatable {
  /// The supplier and the credit note's number.
  package let id: TradeID
  package let document: Digest
  package let invoice: TradeID
  package let date: BusinessDate
  package let total: Int64

  package static var table: StateTable { .creditNote }
  package var stateID: TradeID { id }

  package init(id: TradeID, document: Digest, invoice: TradeID, date: BusinessDate, total: Int64) {
    self.id = id
    self.document = document
    self.invoice = invoice
    self.date = date
    self.total = total
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(5)
    writer.value(id)
    writer.digest(document)
    writer.value(invoice)
    writer.date(date)
    writer.integer(total)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(5)
    id = try reader.value()
    document = try reader.digest()
    invoice = try reader.value()
    date = try reader.date()
    total = try reader.minorUnits()
  }
}
