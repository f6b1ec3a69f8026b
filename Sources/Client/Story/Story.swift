import Contracts
import Financing
import Foundation
import Ledger
import Sodium

/// The demonstration: a trade from order to repaid loan over the network's real interface, and everything that must
/// not work.
///
/// Each actor signs with its own keys and talks to its own node first. The steps are in `Story+Trade`,
/// `Story+Financing` and
/// `Story+Refusals`, in the order in which `play` calls them.
package final class Story {
  let client: NodeClient
  let keys: String
  let files: String
  let facts: NetworkFacts
  private let report: (StoryStep) -> Void
  private(set) var steps: [StoryStep] = []
  private var cache: [String: MemberKey] = [:]
  /// Real time that banks have to commit to their offers.
  let offerWindow: Duration
  /// Real time before every submission, so that a test can kill nodes in between.
  let pace: Duration

  // What the story has made so far.
  var invoiceAmount: Int64 = 113_000_000
  package internal(set) var certificate = Digest.zero
  var transferred = Interval(0, 0)
  var pledged = Interval(0, 0)
  var requests: [Digest] = []
  var openings: [String: OfferOpening] = [:]
  package internal(set) var loan = Digest.zero
  var maturity = BusinessDate(daysSince1970: 0)
  var disbursedOn = BusinessDate(daysSince1970: 0)
  var order: SubmittedDocument?

  struct SubmittedDocument {
    let transmission: [UInt8]
    let compact: [UInt8]
    let id: Digest
    let height: Int64?
  }

  package init(
    client: NodeClient, keys: String, files: String, offerWindow: Duration = .seconds(2), pace: Duration = .zero,
    report: @escaping (StoryStep) -> Void
  ) async throws {
    self.client = client
    self.keys = keys
    self.files = files
    self.offerWindow = offerWindow
    self.pace = pace
    self.report = report
    facts = try await NetworkFacts.fetch(client)
  }

  /// True when every step came out as told.
  package func play() async throws -> Bool {
    try await trade()
    try await refusedTrade()
    try await receivable()
    try await refusedReceivable()
    try await financing()
    try await refusedFinancing()
    try await disbursement()
    try await refusedDocuments()
    try await redemption()
    return steps.allSatisfy(\.isAsExpected)
  }

  // MARK: Doing

  func key(_ name: String) throws -> MemberKey {
    if let key = cache[name] { return key }
    let key = try MemberKey.read("\(keys)/\(name).json")
    cache[name] = key
    return key
  }

  /// The network's business date today.
  var today: BusinessDate { BusinessDate(daysSince1970: Int32(clamping: facts.now / 86_400)) }

  /// Signs, submits and waits for the outcome.
  @discardableResult
  func act(
    _ title: String, by name: String, _ draft: DocumentDraft, expect: Outcome = .accepted, note: String? = nil
  ) async throws -> SubmittedDocument {
    let signed = try key(name).sign(draft, network: facts.network, now: facts.now, validity: facts.validity)
    return try await send(
      title, by: name, signed.transmission, id: signed.id, compact: signed.compact,
      expect: (Int64(expect.number), expect.name), note: note)
  }

  @discardableResult
  func act(
    _ title: String, by name: String, _ type: String, _ terms: JSON, expect: Outcome = .accepted, note: String? = nil
  ) async throws -> SubmittedDocument {
    try await act(title, by: name, DocumentDraft(type: type, terms: terms), expect: expect, note: note)
  }

  @discardableResult
  func send(
    _ title: String, by name: String, _ transmission: [UInt8], id: Digest?, compact: [UInt8],
    expect: (Int64, String), note: String? = nil
  ) async throws -> SubmittedDocument {
    if pace > .zero { try await Task.sleep(for: pace) }
    let start = ContinuousClock.now
    var answer = try await client.preferring(seat(of: name)).submit(transmission)
    // A wait that ended before the outcome is no answer yet: ask on.
    while !answer.isRefusedAtDoor, answer.number == nil, let text = answer.id, let id = Digest(hexadecimal: text),
      ContinuousClock.now - start < .seconds(120)
    {
      answer = try await client.preferring(seat(of: name)).status(of: id, wait: "executed")
      if answer.isRefusedAtDoor {
        // The node that had taken it in is gone: hand it in again, it cannot become two.
        answer = try await client.preferring(seat(of: name)).submit(transmission)
      }
    }
    tell(
      title, by: name, document: answer.isRefusedAtDoor ? nil : id.map { "\($0)" }, height: answer.height,
      milliseconds: (ContinuousClock.now - start).inMilliseconds,
      outcome: answer.number.map { ($0, answer.name ?? "") }, expected: expect, note: note)
    return SubmittedDocument(transmission: transmission, compact: compact, id: id ?? .zero, height: answer.height)
  }

  func tell(
    _ title: String, by name: String, document: String? = nil, height: Int64? = nil, milliseconds: Double = 0,
    outcome: (Int64, String)? = nil, expected: (Int64, String)? = nil, note: String? = nil
  ) {
    let step = StoryStep(
      number: steps.count + 1, title: title, actor: String(name.split(separator: "/").first ?? ""), document: document,
      height: height, milliseconds: milliseconds, outcome: outcome.map { (number: $0.0, name: $0.1) },
      expected: expected.map { (number: $0.0, name: $0.1) }, note: note)
    steps.append(step)
    report(step)
  }

  /// A fact that a step must have brought about, read back from the network.
  func check(_ title: String, by name: String, _ path: String, _ holds: (JSON) -> String?) async throws {
    let start = ContinuousClock.now
    let fault = holds(try await read(path, by: name))
    tell(
      title, by: name, milliseconds: (ContinuousClock.now - start).inMilliseconds,
      outcome: fault == nil ? (0, "asExpected") : (1, "differs"), expected: (0, "asExpected"), note: fault)
  }

  /// An object as it is after everything that the story has recorded: another node than the one that answered last can be
  /// a moment behind.
  func read(_ path: String, by name: String) async throws -> JSON {
    let newest = steps.compactMap(\.height).max() ?? 0
    let start = ContinuousClock.now
    while true {
      let answer = try await client.preferring(seat(of: name)).get(path)
      if let json = answer.json {
        if answer.status == 200, json["height"]?.integer ?? 0 >= newest { return json }
        guard ContinuousClock.now - start < .seconds(60) else { throw ClientError.refused(path, json) }
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Each member asks its own node first; those without one ask the first bank's.
  func seat(of name: String) -> Int {
    switch name.split(separator: "/").first {
    case "huadong-motors": 0
    case "puhui-bank": 2
    case "sutong-logistics": 3
    default: 1
    }
  }

  /// Waits until the network's clock shows `seconds`, and a little more, so that a block bears the time.
  func wait(until seconds: Int64, _ title: String) async throws {
    let start = ContinuousClock.now
    let duration = facts.realTime(until: seconds) + .milliseconds(50)
    try await Task.sleep(for: duration)
    tell(title, by: "everyone", milliseconds: (ContinuousClock.now - start).inMilliseconds)
  }

  func imported(_ file: String) throws -> DocumentDraft {
    let path = "\(files)/\(file)"
    guard let data = FileManager.default.contents(atPath: path) else { throw ClientError.story("\(path) is missing") }
    switch UBLImporter().importFile(Array(data), name: file) {
    case .imported(_, let drafts, _):
      guard let draft = drafts.first else { throw ClientError.story("\(file) holds no document") }
      return draft
    case .refused(let code, let message): throw ClientError.story("\(file): \(code.number) \(message)")
    }
  }
}

extension Duration {
  var inMilliseconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) * 1000 + Double(attoseconds) / 1e15
  }
}

extension Interval {
  static func json(_ intervals: Interval...) -> JSON { .array(intervals.map(\.json)) }
}
