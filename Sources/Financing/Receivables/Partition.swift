import Contracts
import Ledger
import Sodium

/// Who owns what of a certificate.
///
/// F-1: the pieces partition `[0, face)` exactly: sorted, without gap or overlap, at every height.
/// F-2: equal neighbours are one piece; how many pieces there are, and how small, is bounded by the network's
/// parameters.
package struct Partition: Equatable, Sendable, CBORCodable {
  package private(set) var pieces: [Piece]

  /// Of a certificate that nobody owns yet.
  package static let empty = Partition(pieces: [])

  /// For checkers and tests; whether these pieces partition anything is what `violations` says.
  package init(pieces: [Piece]) { self.pieces = pieces }

  package init(face: Int64, owner: String) {
    pieces = [Piece(Interval(0, face), Holding(owner: owner))]
  }

  package var face: Int64 { pieces.last?.interval.to ?? 0 }

  /// The parts of pieces that lie in `interval`, which is within the face.
  package func pieces(in interval: Interval) -> [Piece] {
    var parts: [Piece] = []
    for piece in pieces[firstIndex(after: interval.from)...] {
      guard piece.interval.from < interval.to else { break }
      let part = Interval(max(piece.interval.from, interval.from), min(piece.interval.to, interval.to))
      parts.append(Piece(part, piece.holding))
    }
    return parts
  }

  /// Minor units whose holding satisfies `condition`.
  package func size(where condition: (Holding) -> Bool) -> Int64 {
    pieces.reduce(0) { condition($1.holding) ? $0 + $1.interval.size : $0 }
  }

  package var redeemed: Int64 { size { $0.encumbrance == .redeemed } }

  /// F-3: only what `owner` owns, all of it and unencumbered, may be offered or pledged.
  package func requireFree(_ intervals: [Interval], of owner: String, _ pointer: String) throws(Rejection) {
    try requireValid(intervals, pointer)
    for (index, interval) in intervals.enumerated() {
      for piece in pieces(in: interval) {
        guard piece.owner == owner else { throw Rejection(.notOwner, "\(pointer)/\(index)") }
        switch piece.encumbrance {
        case .none: continue
        case .offered: throw Rejection(.intervalOffered, "\(pointer)/\(index)")
        case .pledged: throw Rejection(.intervalPledged, "\(pointer)/\(index)")
        case .redeemed: throw Rejection(.intervalRedeemed, "\(pointer)/\(index)")
        }
      }
    }
  }

  package func requireValid(_ intervals: [Interval], _ pointer: String) throws(Rejection) {
    guard !intervals.isEmpty else { throw Rejection(.intervalInvalid, pointer) }
    if let index = intervals.firstInvalid(within: face) { throw Rejection(.intervalInvalid, "\(pointer)/\(index)") }
  }

  /// Changes the holdings of valid `intervals`, splitting pieces where needed; refused, without any change, when a new
  /// piece is below the smallest or there are too many (F-2).
  package mutating func replace(
    _ intervals: [Interval], within parameters: Parameters, at pointer: String = "/terms/intervals",
    _ change: (inout Holding) -> Void
  ) throws(Rejection) {
    let changed = Partition.changed(pieces, in: intervals[...], change)
    guard changed.count <= parameters.pieces || changed.count <= pieces.count else {
      throw Rejection(.tooManyPieces, pointer)
    }
    for piece in changed where piece.interval.size < parameters.smallestPiece && changed.count > 1 {
      // A piece that stood before a parameter grew may stay.
      guard pieces[firstIndex(after: piece.interval.from)].interval == piece.interval else {
        throw Rejection(.pieceTooSmall, pointer)
      }
    }
    pieces = changed
  }

  /// Frees all that `encumbrance` binds: pieces can only grow together by it, so no bound is asked.
  package mutating func release(_ encumbrance: Encumbrance) {
    let bound = pieces.filter { $0.encumbrance == encumbrance }.map(\.interval)
    pieces = Partition.changed(pieces, in: bound[...]) { $0.encumbrance = .none }
  }

  /// One pass over both sorted lists; neighbours that became equal are joined on the way.
  private static func changed(
    _ pieces: [Piece], in intervals: ArraySlice<Interval>, _ change: (inout Holding) -> Void
  ) -> [Piece] {
    var result: [Piece] = []
    result.reserveCapacity(pieces.count + 2 * intervals.count)
    func append(_ from: Int64, _ to: Int64, _ holding: Holding) {
      if let last = result.last, last.holding == holding {
        result[result.count - 1] = Piece(Interval(last.interval.from, to), holding)
      } else {
        result.append(Piece(Interval(from, to), holding))
      }
    }
    var intervals = intervals
    for piece in pieces {
      var from = piece.interval.from
      while from < piece.interval.to {
        while let first = intervals.first, first.to <= from { intervals.removeFirst() }
        guard let next = intervals.first, next.from < piece.interval.to else {
          append(from, piece.interval.to, piece.holding)
          break
        }
        if next.from > from {
          append(from, next.from, piece.holding)
          from = next.from
        }
        let to = min(next.to, piece.interval.to)
        var holding = piece.holding
        change(&holding)
        append(from, to, holding)
        from = to
      }
    }
    return result
  }

  /// The piece that holds minor unit `unit`, found by halving; the end when there is none.
  private func firstIndex(after unit: Int64) -> Int {
    var low = 0
    var high = pieces.count
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].interval.to <= unit { low = middle + 1 } else { high = middle }
    }
    return low
  }

  package func encode(to writer: inout CBORWriter) { writer.list(pieces) }

  package init(from reader: inout CBORReader) throws(CBORError) { pieces = try reader.list(upTo: 1 << 20) }
}

extension Partition {
  /// Every way in which these pieces fail F-1 and F-2 for a certificate of `face`; empty when they hold.
  package func violations(face: Int64) -> [String] {
    var found: [String] = []
    var end: Int64 = 0
    for (index, piece) in pieces.enumerated() {
      if piece.interval.from != end { found.append("\(piece.interval) does not begin at \(end)") }
      if piece.interval.from >= piece.interval.to { found.append("\(piece.interval) is empty") }
      if index > 0, pieces[index - 1].holding == piece.holding {
        found.append("\(piece.interval) equals its neighbour and is not joined to it")
      }
      end = piece.interval.to
    }
    if end != face { found.append("the pieces end at \(end), the face at \(face)") }
    return found
  }
}
