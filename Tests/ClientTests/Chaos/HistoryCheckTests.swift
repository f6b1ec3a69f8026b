import Client
import Testing

@Suite("What clients were told is held against what nodes have")
struct HistoryCheckTests {
  typealias Event = History.Event

  /// Two documents, sent and acknowledged by different nodes, read again, with heads between.
  static let good: [Event] = [
    Event(session: 1, node: "a", .sent(document: "d1")),
    Event(session: 3, node: "a", .head(height: 1, stateRoot: "r1")),
    Event(session: 1, node: "a", .acknowledged(document: "d1", height: 2, outcome: 0)),
    Event(session: 2, node: "b", .sent(document: "d2")),
    Event(session: 2, node: "b", .acknowledged(document: "d2", height: 3, outcome: nil)),
    Event(session: 3, node: "a", .head(height: 2, stateRoot: "r2")),
    Event(session: 4, node: "b", .head(height: 2, stateRoot: "r2")),
    Event(session: 3, node: "a", .read(document: "d2", nil)),
    Event(session: 3, node: "a", .read(document: "d2", .init(height: 3, outcome: 2001))),
    Event(session: 4, node: "b", .read(document: "d2", nil)),
    Event(session: 3, node: "a", .head(height: 3, stateRoot: "r3")),
    // Sent and never answered: it may stand, or not.
    Event(session: 1, node: "a", .sent(document: "d3")),
  ]

  static func record(
    _ node: String, d1: [Int] = [2], d2: [Int] = [3], outcome: Int64 = 2001, extra: String? = nil,
    roots: [String] = ["r1", "r2", "r3"]
  ) -> NodeRecord {
    NodeRecord(
      node: node,
      blocks: roots.enumerated().map { index, root in
        let height = index + 1
        var documents: [(id: String, outcome: Int64)] = []
        for _ in d1.filter({ $0 == height }) { documents.append(("d1", 0)) }
        for _ in d2.filter({ $0 == height }) { documents.append(("d2", outcome)) }
        if let extra, height == 1 { documents.append((extra, 0)) }
        return NodeRecord.Block(digest: "b\(height)", stateRoot: root, documents: documents)
      })
  }

  static let nodes = [record("a"), record("b")]

  static func rules(_ events: [Event], _ nodes: [NodeRecord]) -> Set<HistoryCheck.Rule> {
    var history = History()
    for event in events { history.note(event) }
    return Set(HistoryCheck.violations(of: history, in: nodes).map(\.rule))
  }

  @Test("A good history has no violation, with the unanswered document recorded or not") func good() {
    #expect(Self.rules(Self.good, Self.nodes) == [])
    #expect(Self.rules(Self.good, [Self.record("a", extra: "d3"), Self.record("b", extra: "d3")]) == [])
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let what: String
    let rule: HistoryCheck.Rule
    var more: [Event] = []
    var nodes = HistoryCheckTests.nodes
    var testDescription: String { what }
  }

  static let faults = [
    Fault(
      what: "an acknowledged document that no node has", rule: .nothingLost,
      nodes: [record("a", d1: []), record("b", d1: [])]),
    Fault(
      what: "an acknowledged document that one node lacks", rule: .nothingLost,
      nodes: [record("a"), record("b", d2: [])]
    ),
    Fault(
      what: "a document that was told finalized, and is gone", rule: .nothingLost,
      nodes: [record("a", d2: []), record("b", d2: [])]),
    Fault(
      what: "a document at another height than told", rule: .nothingMoved,
      nodes: [record("a", d1: [1]), record("b", d1: [1])]),
    Fault(
      what: "a document with another outcome than was read", rule: .nothingMoved,
      nodes: [record("a", outcome: 0), record("b", outcome: 0)]),
    Fault(
      what: "a document in two blocks", rule: .nothingTwice,
      nodes: [record("a", d1: [2, 3]), record("b", d1: [2, 3])]),
    Fault(
      what: "a document twice in one block", rule: .nothingTwice,
      nodes: [record("a", d1: [2, 2]), record("b", d1: [2, 2])]),
    Fault(
      what: "a document that nobody sent", rule: .nothingUnsent,
      nodes: [record("a", extra: "d9"), record("b", extra: "d9")]),
    Fault(
      what: "a node that forgets its newest height", rule: .headsRise,
      more: [Event(session: 3, node: "a", .head(height: 2, stateRoot: "r2"))]),
    Fault(
      what: "a read that finds no outcome any more", rule: .readsStay,
      more: [Event(session: 3, node: "a", .read(document: "d2", nil))]),
    Fault(
      what: "a session that was acknowledged and then reads nothing", rule: .readsStay,
      more: [Event(session: 1, node: "a", .read(document: "d1", nil))]),
    Fault(
      what: "a read that finds another outcome", rule: .tellingsAgree,
      more: [Event(session: 4, node: "b", .read(document: "d2", .init(height: 3, outcome: 0)))]),
    Fault(
      what: "two nodes that place a document at two heights", rule: .tellingsAgree,
      more: [Event(session: 4, node: "b", .read(document: "d1", .init(height: 3, outcome: 0)))]),
    Fault(
      what: "two nodes with two states at one height", rule: .tellingsAgree,
      more: [Event(session: 4, node: "b", .head(height: 3, stateRoot: "other"))]),
    Fault(
      what: "nodes whose states differ in the end", rule: .nodesAgree,
      nodes: [record("a"), record("b", roots: ["r1", "r2", "x3"])]),
    Fault(
      what: "a node that has fewer blocks", rule: .nodesAgree,
      nodes: [record("a"), record("b", roots: ["r1", "r2", "r3", "r4"])]),
    Fault(
      what: "a state that was told and is no longer what stands", rule: .nodesAgree,
      nodes: [record("a", roots: ["r1", "x2", "r3"]), record("b", roots: ["r1", "x2", "r3"])]),
  ]

  @Test("A fault is found", arguments: faults) func found(_ fault: Fault) {
    #expect(Self.rules(Self.good + fault.more, fault.nodes).contains(fault.rule))
  }

  @Test("Every rule is shown to find a fault") func all() {
    #expect(Set(Self.faults.map(\.rule)) == Set(HistoryCheck.Rule.allCases))
  }

  @Test("A node that began from a snapshot lacks old blocks, and what it has must be the same") func snapshot() {
    let from2 = { (roots: [String]) in
      NodeRecord(
        node: "b", first: 2,
        blocks: Array(Self.record("b", roots: ["r1"] + roots).blocks.dropFirst()))
    }
    #expect(Self.rules(Self.good, [Self.record("a"), from2(["r2", "r3"])]) == [])
    #expect(Self.rules(Self.good, [from2(["x2", "r3"]), Self.record("a")]).contains(.nodesAgree))
    #expect(Self.rules(Self.good, [Self.record("a"), from2(["r2"])]).contains(.nothingLost))
  }

  @Test("A restarted node that is behind has not gone back: another session may see less") func behind() {
    let event = Event(session: 4, node: "b", .head(height: 1, stateRoot: "r1"))
    var events = Self.good
    events.insert(event, at: 6)
    #expect(Self.rules(events, Self.nodes) == [])
  }

  @Test("One fault is not told a thousand times") func bounded() {
    var history = History()
    for index in 0..<1000 {
      history.note(Event(session: 1, node: "a", .sent(document: "x\(index)")))
      history.note(Event(session: 1, node: "a", .acknowledged(document: "x\(index)", height: 1, outcome: 0)))
    }
    let found = HistoryCheck.violations(of: history, in: [NodeRecord(node: "a", blocks: [])])
    #expect(!found.isEmpty && found.count <= 10)
  }
}
