import Contracts
import Foundation
import Ledger
import Node
import Testing

@Suite("What is written is what the code does")
struct DocumentationTests {
  @Test("published schemas and references are the code's own") func references() {
    #expect(Reference.files.count > 20)
    for (path, text) in Reference.files {
      #expect(Repository.text("docs/\(path)") == text, "docs/\(path) is old: run `lianrong schemas --docs docs`")
    }
  }

  @Test("every outcome has a number of its own, a sentence, and a test") func outcomes() {
    let numbers = OutcomeReference.entries.map(\.number)
    #expect(Set(numbers).count == numbers.count)
    let tests = Repository.files(under: "Tests", suffix: ".swift").filter { !$0.path.contains("ProjectTests") }
      .map(\.text).joined()
    for outcome in Outcome.allCases {
      #expect(outcome.remedy.hasSuffix("."))
      #expect(
        tests.range(of: #"\.\#(outcome.name)\b"#, options: .regularExpression) != nil,
        "no test speaks of \(outcome.name)")
    }
    for refusal in Refusal.allCases {
      #expect(refusal.remedy.hasSuffix("."))
      #expect(
        tests.range(of: #"\.\#(refusal.name)\b"#, options: .regularExpression) != nil,
        "no test speaks of \(refusal.name)")
    }
  }

  /// C consensus, K contracts, F financing, N peers, P proofs, E encoding.
  @Test("every numbered rule is kept somewhere and tested somewhere") func rules() {
    func cited(in folder: String) -> Set<String> {
      var found: Set<String> = []
      for (_, text) in Repository.files(under: folder, suffix: ".swift") {
        for match in text.matches(of: #/\b([CKFNPE])-(\d+)\b/#) { found.insert("\(match.output.1)-\(match.output.2)") }
      }
      return found
    }
    let kept = cited(in: "Sources")
    let tested = cited(in: "Tests")
    #expect(kept.count > 50)
    #expect(kept.subtracting(tested).sorted() == [], "rules without a test")
    let required = Set([1...16, 20...24, 30...33, 40...42].joined().map { "C-\($0)" })
    #expect(required.subtracting(kept).sorted() == [], "rules of consensus that no code names")
  }
}
