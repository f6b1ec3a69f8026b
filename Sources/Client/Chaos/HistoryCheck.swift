/// Holds a recorded history against what the nodes have in the end. Pure: histories with a fault in them are its tests.
package enum HistoryCheck {
  package enum Rule: String, CaseIterable, Sendable {
    case nothingLost = "nothing acknowledged is lost"
    case nothingMoved = "everything stands where it was told to stand, with the outcome that was told"
    case nothingTwice = "nothing stands twice"
    case nothingUnsent = "nothing stands that nobody sent"
    case headsRise = "no node's height goes back"
    case readsStay = "what a session has read once, it reads again"
    case tellingsAgree = "no two answers of any nodes contradict each other"
    case nodesAgree = "all nodes have the same blocks and the same state at every height"
  }

  package struct Violation: Equatable, Sendable, CustomStringConvertible {
    package let rule: Rule
    package let detail: String

    package var description: String { "\(rule.rawValue): \(detail)" }
  }

  package static func violations(of history: History, in records: [NodeRecord]) -> [Violation] {
    var found = Found()
    let told = tellings(history, &found)
    sessions(history, &found)
    for record in records { chain(record, told, history, &found) }
    agreement(records, history, &found)
    return found.all
  }

  /// At most a few of each rule: one fault often breaks thousands of promises.
  private struct Found {
    static let mostOfOneRule = 10
    var all: [Violation] = []
    private var counts: [Rule: Int] = [:]

    mutating func add(_ rule: Rule, _ detail: @autoclosure () -> String) {
      counts[rule, default: 0] += 1
      if counts[rule]! <= Found.mostOfOneRule { all.append(Violation(rule: rule, detail: detail())) }
    }
  }

  /// Where each acknowledged or read document stands, and what was told of its outcome.
  private static func tellings(
    _ history: History, _ found: inout Found
  ) -> [String: (height: Int64, outcome: Int64?, node: String)] {
    var told: [String: (height: Int64, outcome: Int64?, node: String)] = [:]
    var roots: [Int64: (root: String, node: String)] = [:]
    func take(_ document: String, _ height: Int64, _ outcome: Int64?, _ node: String) {
      guard let before = told[document] else { return told[document] = (height, outcome, node) }
      if before.height != height || (outcome != nil && before.outcome != nil && outcome != before.outcome) {
        found.add(
          .tellingsAgree,
          "\(document) is at \(before.height) with \(text(before.outcome)) by \(before.node), "
            + "at \(height) with \(text(outcome)) by \(node)"
        )
      }
      if before.outcome == nil, let outcome { told[document] = (before.height, outcome, before.node) }
    }
    for event in history.events {
      switch event.what {
      case .sent, .read(_, nil): break
      case .acknowledged(let document, let height, let outcome): take(document, height, outcome, event.node)
      case .read(let document, let recorded?): take(document, recorded.height, recorded.outcome, event.node)
      case .head(let height, let root):
        if let before = roots[height], before.root != root {
          found.add(
            .tellingsAgree, "height \(height) has state \(before.root) by \(before.node), \(root) by \(event.node)")
        } else if roots[height] == nil {
          roots[height] = (root, event.node)
        }
      }
    }
    return told
  }

  /// Of one session at one node: heights rise, and what was executed stays so.
  private static func sessions(_ history: History, _ found: inout Found) {
    struct Seat: Hashable {
      let session: Int
      let node: String
    }
    var heads: [Seat: Int64] = [:]
    var executed: [Seat: [String: History.Recorded]] = [:]
    for event in history.events {
      let seat = Seat(session: event.session, node: event.node)
      switch event.what {
      case .sent, .acknowledged(_, _, nil): break
      case .acknowledged(let document, let height, let outcome?):
        executed[seat, default: [:]][document] = History.Recorded(height: height, outcome: outcome)
      case .read(let document, let recorded):
        if let before = executed[seat]?[document], before != recorded {
          found.add(
            .readsStay,
            "\(event.node) told session \(event.session) that \(document) is at \(before.height) "
              + "with \(before.outcome), then "
              + (recorded.map { "at \($0.height) with \($0.outcome)" } ?? "that it knows no outcome"))
        }
        if let recorded { executed[seat, default: [:]][document] = recorded }
      case .head(let height, _):
        if let before = heads[seat], height < before {
          found.add(.headsRise, "\(event.node) told \(before) and then \(height)")
        }
        heads[seat] = height
      }
    }
  }

  private static func chain(
    _ record: NodeRecord, _ told: [String: (height: Int64, outcome: Int64?, node: String)], _ history: History,
    _ found: inout Found
  ) {
    var sent: Set<String> = []
    for case .sent(let document) in history.events.map(\.what) { sent.insert(document) }
    var places: [String: History.Recorded] = [:]
    for (index, block) in record.blocks.enumerated() {
      for (id, outcome) in block.documents {
        let place = History.Recorded(height: record.first + Int64(index), outcome: outcome)
        if let before = places.updateValue(place, forKey: id) {
          found.add(.nothingTwice, "\(id) at \(before.height) and at \(place.height) of \(record.node)")
        }
        if !sent.contains(id) { found.add(.nothingUnsent, "\(id) at \(place.height) of \(record.node)") }
      }
    }
    for (document, telling) in told.sorted(by: { $0.key < $1.key }) where telling.height >= record.first {
      guard let place = places[document] else {
        found.add(.nothingLost, "\(document), told by \(telling.node) at \(telling.height), is not in \(record.node)")
        continue
      }
      if place.height != telling.height || (telling.outcome != nil && place.outcome != telling.outcome) {
        found.add(
          .nothingMoved,
          "\(document), told by \(telling.node) at \(telling.height) with \(text(telling.outcome)), "
            + "is at \(place.height) with \(place.outcome) in \(record.node)"
        )
      }
    }
  }

  private static func agreement(_ records: [NodeRecord], _ history: History, _ found: inout Found) {
    // Whoever has the most stands for all.
    guard let whole = records.min(by: { $0.first < $1.first }) else { return }
    for other in records where other.node != whole.node {
      if other.height != whole.height {
        found.add(.nodesAgree, "\(whole.node) ends at height \(whole.height) and \(other.node) at \(other.height)")
      }
      for height in stride(from: other.first, through: min(whole.height, other.height), by: 1)
      where whole[height] != other[height] {
        found.add(.nodesAgree, "block \(height) of \(whole.node) and of \(other.node) differ")
      }
    }
    // What was told on the way is what stands in the end.
    for event in history.events {
      guard case .head(let height, let root) = event.what, let block = whole[height], block.stateRoot != root else {
        continue
      }
      found.add(.nodesAgree, "\(event.node) told another state of height \(height) than \(whole.node) has now")
    }
  }

  private static func text(_ outcome: Int64?) -> String { outcome.map { "outcome \($0)" } ?? "no outcome yet" }
}
