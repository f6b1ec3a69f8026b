import Ledger
import Sodium

/// A buyer's word on what arrived. The quantities stand in the document and in the totals of the order's lines.
package struct Receipt: StateObject, Equatable {
  /// The buyer and the receipt's number.
  package let id: TradeID
  package let document: Digest
  package let dispatch: TradeID
  package let date: BusinessDate
  /// The day that the carrier attested, from which the time to pay runs.
  package let delivered: BusinessDate

  package static var table: StateTable { .receipt }
  package var stateID: TradeID { id }

  package init(id: TradeID, document: Digest, dispatch: TradeID, date: BusinessDate, delivered: BusinessDate) {
    self.id = id
    self.document = document
    self.dispatch = dispatch
    self.date = date
    self.delivered = delivered
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(5)
    writer.value(id)
    writer.digest(document)
    writer.value(dispatch)
    writer.date(date)
    writer.date(delivered)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(5)
    id = try reader.value()
    document = try reader.digest()
    dispatch = try reader.value()
    date = try reader.date()
    delivered = try reader.date()
  }
}
