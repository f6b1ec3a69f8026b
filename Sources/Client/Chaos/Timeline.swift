/// A picture of a run: a row for each node with a sign for what was done to it, and one for the documents that were
/// acknowledged.
package struct Timeline: Sendable {
  private struct Mark {
    let row: Int
    let sign: Character
    let from: Int
    var to: Int?
  }

  private let names: [String]
  private var marks: [Mark] = []
  /// Acknowledged in each second.
  private var acknowledged: [Int] = []

  package init(names: [String]) { self.names = names }

  /// Times are milliseconds since the beginning.
  package mutating func begin(_ sign: Character, row: Int, at time: Int) {
    marks.append(Mark(row: row, sign: sign, from: time))
  }

  package mutating func end(_ sign: Character, row: Int, at time: Int) {
    guard let index = marks.firstIndex(where: { $0.row == row && $0.sign == sign && $0.to == nil }) else { return }
    marks[index].to = time
  }

  package mutating func acknowledge(_ count: Int = 1, at time: Int) {
    let second = time / 1000
    while acknowledged.count <= second { acknowledged.append(0) }
    acknowledged[second] += count
  }

  /// At most `width` columns, each of a whole number of seconds.
  package func picture(milliseconds: Int, width: Int = 100) -> String {
    let seconds = max(1, (milliseconds + 999) / 1000)
    let step = (seconds + width - 1) / width
    let columns = (seconds + step - 1) / step
    let margin = (names.map(\.count).max() ?? 0) + 2
    var lines: [String] = []
    for (row, name) in names.enumerated() {
      var cells = [Character](repeating: "·", count: columns)
      // What hurts most is drawn last.
      for mark in marks.filter({ $0.row == row }).sorted(by: { $0.sign.isLowercase && !$1.sign.isLowercase }) {
        let first = mark.from / 1000 / step
        let last = min(columns - 1, max(first, ((mark.to ?? milliseconds) - 1) / 1000 / step))
        if first <= last { for column in first...last { cells[column] = mark.sign } }
      }
      lines.append(name.padded(to: margin) + String(cells))
    }
    let sums = (0..<columns).map { column in
      acknowledged.dropFirst(column * step).prefix(step).reduce(0, +)
    }
    let most = max(1, sums.max() ?? 1)
    let bars = Array(" ▁▂▃▄▅▆▇█")
    lines.append(
      "documents".padded(to: margin) + String(sums.map { bars[$0 == 0 ? 0 : max(1, $0 * (bars.count - 1) / most)] }))
    lines.append(
      "".padded(to: margin) + "\(step) s a column · S stopped  K killed  X cut off  F full disk  C clock  x m d t links"
    )
    return lines.joined(separator: "\n")
  }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
