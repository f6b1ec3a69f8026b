import Contracts
import Ledger
import Sodium

/// What a piece of a certificate is bound by. A piece has one encumbrance, so nothing can be pledged twice.
package enum Encumbrance: Hashable, Sendable, CBORCodable {
  /// Free for its owner. Successors: all others.
  case none
  /// Held for the receiver of an open transfer. Successors: none, redeemed.
  case offered(Digest)
  /// Secures a loan. Successors: none, redeemed.
  case pledged(Digest)
  /// Paid; final.
  case redeemed

  package func encode(to writer: inout CBORWriter) {
    switch self {
    case .none:
      writer.array(1)
      writer.unsigned(0)
    case .offered(let transfer):
      writer.array(2)
      writer.unsigned(1)
      writer.digest(transfer)
    case .pledged(let loan):
      writer.array(2)
      writer.unsigned(2)
      writer.digest(loan)
    case .redeemed:
      writer.array(1)
      writer.unsigned(3)
    }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    let count = try reader.array(upTo: 2)
    switch (count, try reader.unsigned(upTo: 3)) {
    case (1, 0): self = .none
    case (2, 1): self = .offered(try reader.digest())
    case (2, 2): self = .pledged(try reader.digest())
    case (1, 3): self = .redeemed
    default: throw reader.failure(.invalidValue)
    }
  }
}

/// Who holds a piece, since which transfer, and what binds it. Neighbours with equal holdings are one piece (F-2).
package struct Holding: Hashable, Sendable {
  package var owner: String
  /// The transfer that made `owner` the owner: its lineage and recourse. Nil for the supplier who accepted the
  /// certificate.
  package var origin: Digest?
  package var encumbrance: Encumbrance

  package init(owner: String, origin: Digest? = nil, encumbrance: Encumbrance = .none) {
    self.owner = owner
    self.origin = origin
    self.encumbrance = encumbrance
  }
}

package struct Piece: Hashable, Sendable, CBORCodable {
  package let interval: Interval
  package let holding: Holding

  package init(_ interval: Interval, _ holding: Holding) {
    self.interval = interval
    self.holding = holding
  }

  package var owner: String { holding.owner }
  package var encumbrance: Encumbrance { holding.encumbrance }

  package func encode(to writer: inout CBORWriter) {
    writer.array(4)
    writer.value(interval)
    writer.text(holding.owner)
    writer.optional(holding.origin) { $0.digest($1) }
    writer.value(holding.encumbrance)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(4)
    interval = try reader.value()
    let owner = try reader.text(upTo: 48)
    let origin = try reader.optional { (reader) throws(CBORError) in try reader.digest() }
    holding = Holding(owner: owner, origin: origin, encumbrance: try reader.value())
  }
}
