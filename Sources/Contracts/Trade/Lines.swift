import Ledger

/// Where each line stands, by its id. Ids are compared byte by byte: what Unicode holds equal depends on its version.
struct LinePositions {
  private var positions: [[UInt8]: Int] = [:]

  /// Throws `lineRepeated` at the second line of the same id.
  init(_ lines: [String]) throws(Rejection) {
    positions.reserveCapacity(lines.count)
    for (position, line) in lines.enumerated()
    where positions.updateValue(position, forKey: Array(line.utf8)) != nil {
      throw Rejection(.lineRepeated, "/terms/lines/\(position)/line")
    }
  }

  subscript(line: String) -> Int? { positions[Array(line.utf8)] }
}

/// The most lines that a trade document has.
let maximumLines = 500

extension Form {
  /// The number that its issuer gave a trade document.
  mutating func number(_ name: String = "number") -> String { text(name, 1...64) }

  mutating func line() -> String { text("line", 1...32) }

  /// A decimal string above zero with at most six decimals.
  mutating func positiveQuantity(_ name: String) -> Quantity {
    string(
      name, schema: ["type": "string", "pattern": "^(0|[1-9][0-9]{0,8})([.][0-9]{1,6})?$"], placeholder: .zero,
      rule: "a decimal string above zero with at most six decimals, such as \"12.5\""
    ) { text in Quantity(text).flatMap { $0 > .zero ? $0 : nil } }
  }
}

extension CBORWriter {
  mutating func quantity(_ quantity: Quantity) { integer(quantity.millionths) }
}

extension CBORReader {
  mutating func quantity() throws(CBORError) -> Quantity {
    let millionths = try integer()
    guard millionths >= 0 else { throw failure(.outOfBounds) }
    return Quantity(millionths: millionths)
  }

  package mutating func minorUnits() throws(CBORError) -> Int64 {
    let amount = try integer()
    guard amount >= 0 else { throw failure(.outOfBounds) }
    return amount
  }
}

extension Execution {
  /// K-1: an issuer uses a number once for each kind of document.
  mutating func requireUnused<T: StateObject>(_ id: TradeID, _ type: T.Type) throws(Rejection) where T.ID == TradeID {
    try require(state.get(T.self, id) == nil, .numberUsed, "/terms/number")
  }
}
