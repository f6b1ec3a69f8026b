import Ledger

/// What a chaos run came to.
package struct ChaosReport: Sendable {
  package struct Phase: Sendable {
    package let shape: FaultPhase.Shape
    /// Until every node had recorded a document again; nil when one had not within a minute.
    package let healMilliseconds: Int?
  }

  package struct Check: Sendable {
    package let name: String
    package let violations: [String]
    package var holds: Bool { violations.isEmpty }
  }

  package var phases: [Phase] = []
  /// How often each kind of fault really happened.
  package var faults: [String: Int] = [:]
  package var milliseconds = 0
  package var picture = ""
  package var sent = 0
  package var acknowledged = 0
  package var recorded = 0
  /// Answers that refused a document at the door, and requests without an answer; the document was sent again.
  package var refused = 0
  package var unanswered = 0
  package var blocks = 0
  package var proofs = 0

  var violations: [HistoryCheck.Violation] = []
  var agreement = (holds: false, text: "")
  var falseProofs: [String] = []
  var misbehaviour: [String] = []
  var stalls: [String] = []
  var ended: [String] = []

  package init() {}

  package var checks: [Check] {
    HistoryCheck.Rule.allCases.map { rule in
      Check(name: rule.rawValue, violations: violations.filter { $0.rule == rule }.map(\.detail))
    } + [
      Check(name: "all nodes come to one state in the end", violations: agreement.holds ? [] : [agreement.text]),
      Check(name: "proofs verify", violations: falseProofs),
      Check(name: "documents are recorded while one node is hurt", violations: stalls),
      Check(
        name: "every node is well again after each phase",
        violations: phases.enumerated().filter { $1.healMilliseconds == nil }.map {
          "after phase \($0 + 1) (\($1.shape.rawValue)) one was not"
        }),
      Check(name: "no node ends by itself", violations: ended),
      Check(name: "no key signs votes that contradict each other", violations: misbehaviour),
    ]
  }

  package var holds: Bool { checks.allSatisfy(\.holds) && acknowledged > 0 }

  private var longestHeal: Int? { phases.compactMap(\.healMilliseconds).max() }

  package func json(seed: UInt64, command: String) -> JSON {
    func integer(_ value: Int) -> JSON { .integer(Int64(value)) }
    return [
      "seed": .string("\(seed)"), "command": .string(command), "milliseconds": integer(milliseconds),
      "faults": .object(Fault.names.map { .init($0, integer(faults[$0] ?? 0)) }),
      "phases": .array(
        phases.map {
          ["shape": .string($0.shape.rawValue), "healMilliseconds": $0.healMilliseconds.map(integer) ?? .null]
        }),
      "documents": [
        "sent": integer(sent), "acknowledged": integer(acknowledged), "recorded": integer(recorded),
        "refused": integer(refused), "unanswered": integer(unanswered),
      ],
      "blocks": integer(blocks), "proofs": integer(proofs),
      "checks": .array(
        checks.map { check in
          [
            "name": .string(check.name), "holds": .bool(check.holds),
            "violations": .array(check.violations.map { .string($0) }),
          ]
        }),
      "holds": .bool(holds),
    ]
  }

  /// For people: the picture, the figures and the checks.
  package var text: String {
    let happened = Fault.names.map { "\($0) \(faults[$0] ?? 0)" }.joined(separator: ", ")
    var lines = [picture, ""]
    lines.append("faults that happened   \(happened)")
    lines.append(
      "documents              \(sent) sent, \(acknowledged) acknowledged, \(recorded) recorded in \(blocks) blocks; "
        + "\(unanswered) requests without answer, \(refused) refused and sent again"
    )
    lines.append(
      "healing                \(longestHeal.map { "at most \($0) ms" } ?? "never") until every node recorded again")
    lines.append("proofs                 \(proofs) checked under genesis")
    lines.append("")
    for check in checks {
      lines.append("\(check.holds ? "✓" : "✗ VIOLATED") \(check.name)")
      lines += check.violations.map { "    \($0)" }
    }
    if acknowledged == 0 { lines.append("✗ VIOLATED not one document was acknowledged") }
    return lines.joined(separator: "\n")
  }
}
