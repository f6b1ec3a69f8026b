import Contracts
import Financing
import Ledger
import Sodium

/// Acts in words, one a line: `member type terms`, or `wait seconds`. In the terms, `$3` is the id of the third
/// document, and `%3/bank` that bank's commitment of `Script.opening` to it.
struct Script {
  static let maximumLines = 40
  static let opening = OfferOpening(
    .offer(
      LoanTerms(
        currency: .cny, principal: 60_000, annualRate: 90_000, dayCount: .actual360, fee: 500, penaltyRate: 45_000),
      validUntil: 4_000_000_000), salt: [UInt8](repeating: 7, count: 32))

  private(set) var state = MemoryState()
  /// What became of each document, in order; nil for one that was refused at the door.
  private(set) var outcomes: [Outcome?] = []
  private var ids: [Digest] = []
  private var height: UInt64 = 0
  private var now: Int64 = 1_750_000_000

  init(_ text: String) {
    state.apply(ExampleNetwork.genesis.initialState())
    for line in text.split(separator: "\n").prefix(Script.maximumLines) { run(line) }
  }

  private mutating func run(_ line: Substring) {
    let words = line.split(separator: " ", maxSplits: 2)
    if words.count == 2, words[0] == "wait", let seconds = Int64(words[1]), (0...4_000_000_000).contains(seconds) {
      now = min(now + seconds, 253_402_000_000)
    }
    guard words.count == 3, let publicKey = ExampleNetwork.publicKeys[String(words[0])],
      let terms = try? JSON.parse(Array(words[2].utf8))
    else { return }
    let draft = DocumentDraft(type: String(words[1]), terms: resolved(terms))
    let compact = ExampleNetwork.signed(draft, by: String(words[0]), number: ids.count + 1, at: now)
    do throws(Violations) {
      let verified = try SignedDocument(compact).verified(by: publicKey)
      let document = try AdmittedDocument(verified, registry: ActRegistry.all)
      ids.append(document.id)
      perform(document)
    } catch {
      ids.append(.zero)
      outcomes.append(nil)
    }
  }

  private mutating func perform(_ document: AdmittedDocument) {
    height += 1
    let block = BlockContext(height: height, time: now * 1000)
    do throws(StateFailure) {
      let result = try Executor.execute([document], in: block, on: state)
      let again = try Executor.execute([document], in: block, on: state)
      demand(result == again, "the same document on the same state had two results")
      demand(!result.outcomes[0].outcome.isRefusal || result.changes.isEmpty, "a refused document left a trace")
      state.apply(result.changes)
      outcomes.append(result.outcomes[0].outcome)
    } catch {
      fatalError("a document made the state unreadable: \(error.message)")
    }
    let findings = Invariants.findings(in: sorted)
    demand(findings.isEmpty, "the books do not balance: \(findings)")
  }

  var sorted: [(key: [UInt8], value: [UInt8])] {
    state.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
  }

  private func resolved(_ terms: JSON) -> JSON {
    switch terms {
    case .array(let values): .array(values.map(resolved))
    case .object(let members): .object(members.map { .init($0.name, resolved($0.value)) })
    case .string(let text): .string(resolved(text))
    default: terms
    }
  }

  private func resolved(_ text: String) -> String {
    func id(_ number: Substring) -> Digest? { Int(number).flatMap { ids.indices.contains($0 - 1) ? ids[$0 - 1] : nil } }
    if text.utf8.first == UInt8(ascii: "$"), let id = id(text.dropFirst()) { return id.description }
    let parts = text.dropFirst().split(separator: "/")
    if text.utf8.first == UInt8(ascii: "%"), parts.count == 2, let request = id(parts[0]) {
      return Script.opening.commitment(request: request, bank: String(parts[1])).description
    }
    return text
  }
}
