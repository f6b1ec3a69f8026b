import Contracts
import Ledger

extension UBLReader {
  /// A line as the terms of a document have it: `line` is always the order's.
  struct TradeLine {
    let line: String
    var millionths: Int64
    var unit: String?
    var amount: Int64 = 0
  }

  /// The elements of a document's lines: at least one, at most 500.
  func lineElements(_ path: String) throws(ImportFailure) -> [Element] {
    let lines = tree.all(path, in: root)
    guard !lines.isEmpty else { throw ImportFailure(.memberMissing, "\(tree.place(root))/\(path)") }
    guard lines.count <= 500 else {
      throw ImportFailure(.tooManyElements, "\(lines.count) × \(path), a document has at most 500 lines")
    }
    return lines
  }

  /// The order's line that a line is about; its own number where it does not say.
  mutating func orderLine(_ line: Element) throws(ImportFailure) -> String {
    if element("cac:OrderLineReference/cbc:LineID", in: line) != nil {
      return try name("cac:OrderLineReference/cbc:LineID", in: line, upTo: 32)
    }
    let own = try name("cbc:ID", in: line, upTo: 32)
    remark("no cac:OrderLineReference: taken for the order's line of the same number", line: own)
    return own
  }

  /// Several lines on one line of the order are written as one.
  mutating func merge(_ line: TradeLine, into lines: inout [TradeLine]) {
    guard let index = lines.firstIndex(where: { $0.line == line.line }) else { return lines.append(line) }
    remark("several lines are about one line of the order: written as one, with their sums", line: line.line)
    lines[index].millionths += line.millionths
    lines[index].amount += line.amount
  }

  func quantityText(_ millionths: Int64, line: String) throws(ImportFailure) -> JSON {
    guard (0...DecimalText.maximum).contains(millionths) else {
      throw ImportFailure(.valueInvalid, "line \(line): the quantity is beyond what a document can state")
    }
    return .string(Quantity(millionths: millionths).description)
  }

  // MARK: Details of lines

  /// Each line's element at `path` under its number: what the goods are, what they cost.
  mutating func lineDetails(
    _ lines: [Element], numbers: [String], _ members: [(name: String, path: String)]
  ) -> JSON? {
    var entries: [JSON] = []
    for line in lines {
      var entry: [JSON.Member] = []
      for (name, path) in members {
        if let value = carryAll(path, in: line) { entry.append(.init(name, value)) }
      }
      guard !entry.isEmpty, let id = numbers.lazy.compactMap({ [self] in element($0, in: line) }).first else {
        continue
      }
      use(id)
      entries.append(.object([.init("line", .string(tree.text(id)))] + entry))
    }
    return entries.isEmpty ? nil : .array(entries)
  }
}
