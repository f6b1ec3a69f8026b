import Contracts
import Financing
import Ledger
import Sodium
import Testing

/// A steelworks that owes, a foundry that delivered, a mill down the line and three banks: every act goes the whole
/// way, from signed bytes to changed state, and the books must balance after each.
struct Story {
  static let registry = ActRegistry(ActRegistry.financing)
  static let firstDay = BusinessDate("2026-01-05")!
  static let maturity = BusinessDate("2026-07-01")!

  var state = MemoryState()
  /// Seconds since 1970.
  var now = Int64(Story.firstDay.daysSince1970) * 86_400 + 3600
  private var height: UInt64 = 0
  private var documents = 0

  /// `matched` is what the steelworks may confirm of invoice INV-1, in fen.
  init(matched: Int64 = 100_000, parameters: Parameters = Parameters(board: ["steelworks"], boardThreshold: 1)) {
    put(parameters)
    let cast: [(String, [Role])] = [
      ("steelworks", [.coreEnterprise]), ("shipyard", [.coreEnterprise]), ("foundry", [.supplier]),
      ("mill", [.supplier]),
      ("harbour-bank", [.bank]), ("river-bank", [.bank]), ("settlement-bank", [.bank]),
    ]
    for (id, roles) in cast {
      put(Member(id: id, name: id, roles: roles, identifiers: [], sealingKey: sealing(id), admittedAt: 0))
      put(
        KeyRecord(
          id: KeyID(member: id, name: "main"), publicKey: signingKey(id).publicKey,
          permissions: [.confirm, .finance], addedAt: 0, validFrom: 0, validUntil: nil))
    }
    put(
      Invoice(
        id: TradeID(issuer: "foundry", number: "INV-1"), document: .zero,
        order: TradeID(issuer: "steelworks", number: "PO-1"), currency: .cny, date: Story.firstDay, total: matched,
        matched: matched))
  }

  mutating func put(_ object: some StateObject) {
    var writing = State(state)
    writing.put(object)
    writing.keepDocument()
    state.apply(writing.changes)
  }

  var today: BusinessDate { BusinessDate(daysSince1970: Int32(now / 86_400)) }

  mutating func wait(until date: BusinessDate) { now = max(now, Int64(date.daysSince1970) * 86_400 + 3600) }

  struct Entry {
    let id: Digest
    let outcome: Outcome
    let pointer: String
  }

  /// One document, one block. A refused document must leave no trace.
  @discardableResult
  mutating func submit(_ type: String, by issuer: String, _ terms: JSON) throws -> Entry {
    documents += 1
    let digits = String(documents)
    let issue = DocumentDraft.Issue(
      network: "harbour", key: KeyID(member: issuer, name: "main"),
      jti: "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits, issuedAt: now,
      expiresAt: now + 3600)
    let key = signingKey(issuer)
    let signed = DocumentDraft(type: type, terms: terms).signed(with: key, issue)
    let verified = try SignedDocument(signed.compact).verified(by: key.publicKey)
    let document = try AdmittedDocument(verified, registry: Story.registry)
    height += 1
    let result = try Executor.execute([document], in: BlockContext(height: height, time: now * 1000), on: state)
    state.apply(result.changes)
    let record = result.outcomes[0]
    if record.outcome.isRefusal { #expect(result.changes.isEmpty) }
    let findings = self.findings
    #expect(findings.isEmpty, "after \(type) by \(issuer): \(findings)")
    return Entry(id: record.document, outcome: record.outcome, pointer: record.pointer)
  }

  var sorted: [(key: [UInt8], value: [UInt8])] {
    state.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
  }

  var findings: [Invariants.Finding] { Invariants.findings(in: sorted) }

  func find<T: StateObject>(_ id: T.ID, _ type: T.Type = T.self) throws -> T {
    var reading = State(state)
    let object = reading.get(T.self, id)
    return try #require(object)
  }

  var invoice: Invoice { get throws { try find(TradeID(issuer: "foundry", number: "INV-1")) } }
}

func signingKey(_ name: String) -> SigningKey {
  let seed = sha256(Array(name.utf8)).bytes
  return SigningKey(seed: SecretBytes(count: seed.count) { $0.copyBytes(from: seed) })!
}

func openingKey(_ name: String) -> OpeningKey {
  let seed = sha256(Array("seal \(name)".utf8)).bytes
  return OpeningKey(seed: SecretBytes(count: seed.count) { $0.copyBytes(from: seed) })!
}

private func sealing(_ name: String) -> [UInt8] { openingKey(name).publicKey }

extension Digest {
  var json: JSON { .string(description) }
}

extension JSON {
  /// The object with one member put in, replaced, or (nil) left out.
  func with(_ name: String, _ value: JSON?) -> JSON {
    guard case .object(let members) = self else { return self }
    let rest = members.filter { $0.name != name }
    return .object(rest + (value.map { [.init(name, $0)] } ?? []))
  }
}
