import Contracts
import Ledger

/// The minor units `from..<to` of a certificate's face.
package struct Interval: Hashable, Sendable, CBORCodable, CustomStringConvertible {
  package let from: Int64
  package let to: Int64

  package init(_ from: Int64, _ to: Int64) {
    self.from = from
    self.to = to
  }

  /// How many minor units it holds; meant for intervals within a face.
  package var size: Int64 { to - from }

  package var description: String { "[\(from), \(to))" }

  package func contains(_ other: Interval) -> Bool { from <= other.from && other.to <= to }

  package func overlaps(_ other: Interval) -> Bool { from < other.to && other.from < to }

  package var json: JSON { ["from": .integer(from), "to": .integer(to)] }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.integer(from)
    writer.integer(to)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    from = Int64(try reader.unsigned(upTo: UInt64(DecimalText.maximum)))
    to = Int64(try reader.unsigned(upTo: UInt64(DecimalText.maximum)))
  }

  init(_ form: inout Form) {
    from = form.integer("from", 0...DecimalText.maximum)
    to = form.integer("to", 1...DecimalText.maximum)
  }

  /// The most intervals that one document names.
  static let maximumNamed = 64
}

extension [Interval] {
  /// The minor units of disjoint intervals within a face: never more than the face.
  package var size: Int64 { reduce(0) { $0 + $1.size } }

  package func overlap(_ others: [Interval]) -> Bool {
    contains { interval in others.contains { $0.overlaps(interval) } }
  }

  /// The index of the first interval that is empty, out of order, overlaps the one before, or leaves `[0, face)`.
  package func firstInvalid(within face: Int64) -> Int? {
    var end: Int64 = 0
    for (index, interval) in enumerated() {
      guard interval.from >= end, interval.from < interval.to, interval.to <= face else { return index }
      end = interval.to
    }
    return nil
  }
}

extension Form {
  /// Half-open intervals of minor units, ascending and disjoint.
  mutating func intervals(_ name: String = "intervals") -> [Interval] {
    list(name, 1...Interval.maximumNamed) { Interval(&$0) }
  }
}
