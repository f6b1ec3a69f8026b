import Foundation
import Ledger

/// One step of the demonstration, as it is told to people and to programs.
package struct StoryStep: Sendable {
  package let number: Int
  package let title: String
  package let actor: String
  package let document: String?
  package let height: Int64?
  package let milliseconds: Double
  /// Number and name of the outcome, or of the refusal at the door.
  package let outcome: (number: Int64, name: String)?
  package let expected: (number: Int64, name: String)?
  package let note: String?

  package var isAsExpected: Bool { expected == nil || expected?.number == outcome?.number }

  package var json: JSON {
    func pair(_ value: (number: Int64, name: String)?) -> JSON {
      value.map { ["number": .integer($0.number), "name": .string($0.name)] } ?? .null
    }
    return [
      "step": .integer(Int64(number)), "title": .string(title), "actor": .string(actor),
      "document": document.map { .string($0) } ?? .null, "height": height.map { .integer($0) } ?? .null,
      "milliseconds": .integer(Int64(milliseconds.rounded())), "outcome": pair(outcome), "expected": pair(expected),
      "asExpected": .bool(isAsExpected), "note": note.map { .string($0) } ?? .null,
    ]
  }

  /// One line of the timeline.
  package var line: String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    let place = height.map { "h \($0)" } ?? ""
    let result = outcome.map { "\($0.number) \($0.name)" } ?? ""
    let mark = isAsExpected ? ((expected?.number ?? 0) <= 1 ? "✓" : "✗ refused, as it must be") : "!! NOT AS EXPECTED"
    let id = document.map { String($0.prefix(8)) } ?? ""
    return "\(padded(String(number), 3)) \(padded(actor, 18)) \(padded(title, 58)) \(padded(id, 9))\(padded(place, 7))"
      + "\(padded(String(Int(milliseconds.rounded())) + " ms", 9))\(padded(result, 26)) \(mark)"
      + (note.map { "\n      \($0)" } ?? "")
  }
}
