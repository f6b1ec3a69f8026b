import Contracts
import Ledger
import Replication
import Sodium
import Synchronization

/// Where documents are handed in and asked after: the door, the pool, and what became of each.
package final class DocumentDesk: Sendable {
  let chain: Chain
  let door: Door
  let pool: Pool
  let waiters = Waiters()
  let disclosures: DisclosureStore
  private let finalizedNotExecuted = Mutex<[Digest: UInt64]>([:])
  /// The nodes of an organisation, without this one.
  private let otherNodes: @Sendable (String) -> [PublicKey]
  /// Called with documents that this node was the first to take in.
  private let spread: @Sendable ([AdmittedDocument]) -> Void

  package init(
    chain: Chain, door: Door, pool: Pool, disclosures: DisclosureStore,
    otherNodes: @escaping @Sendable (String) -> [PublicKey] = { _ in [] },
    spread: @escaping @Sendable ([AdmittedDocument]) -> Void
  ) {
    self.chain = chain
    self.door = door
    self.pool = pool
    self.disclosures = disclosures
    self.otherNodes = otherNodes
    self.spread = spread
  }

  /// Takes one transmission: a compact JWS, with `~disclosure~…~` behind it or not. The id is returned also for what
  /// was
  /// recorded before: sending twice is not a fault.
  package func submit(_ transmissions: [[UInt8]]) async throws -> [Submitted] {
    let chunk = 32
    if transmissions.count <= chunk {
      let taken = try transmissions.map { try take($0) }
      announce(taken)
      return taken
    }
    var results = [Submitted?](repeating: nil, count: transmissions.count)
    try await withThrowingTaskGroup(of: [(Int, Submitted)].self) { group in
      for start in stride(from: 0, to: transmissions.count, by: chunk) {
        group.addTask {
          try (start..<min(start + chunk, transmissions.count)).map { ($0, try self.take(transmissions[$0])) }
        }
      }
      for try await part in group {
        for (index, submitted) in part { results[index] = submitted }
      }
    }
    let taken = results.map { $0! }
    announce(taken)
    return taken
  }

  package struct Submitted: Sendable {
    package let id: Digest?
    package let violations: Violations?
    /// Set when this node did not have it before.
    let fresh: AdmittedDocument?
  }

  private func take(_ transmission: [UInt8]) throws -> Submitted {
    let (jws, disclosed) = DocumentDesk.split(transmission)
    do {
      let admitted = try door.admitted(jws, head: chain.head.height)
      if !disclosed.isEmpty { try check(disclosed, of: admitted) }
      let isNew = try pool.add(admitted)
      if !disclosed.isEmpty { try keep(disclosed, of: admitted) }
      return Submitted(id: admitted.id, violations: nil, fresh: isNew ? admitted : nil)
    } catch let violations as Violations {
      // Read once more only here: what is taken in is read once, by the door.
      let id = try? SignedDocument(jws).id
      // The very content again: the first outcome is the answer, and disclosures that came late are kept.
      if violations.first.refusal == .replayed, let id, try chain.store.location(of: id) != nil || isFinalized(id) {
        if !disclosed.isEmpty { try keep(disclosed, of: door.checked(jws, keyKnownAt: chain.head.height)) }
        return Submitted(id: id, violations: nil, fresh: nil)
      }
      return Submitted(id: id, violations: violations, fresh: nil)
    }
  }

  private func announce(_ submitted: [Submitted]) {
    let fresh = submitted.compactMap(\.fresh)
    if !fresh.isEmpty { spread(fresh) }
  }

  // MARK: Disclosures

  static func split(_ transmission: [UInt8]) -> (jws: [UInt8], disclosures: [String]) {
    let parts = transmission.split(separator: UInt8(ascii: "~"), omittingEmptySubsequences: true)
    guard let jws = parts.first else { return (transmission, []) }
    return (Array(jws), parts.dropFirst().map { String(decoding: $0, as: UTF8.self) })
  }

  /// What one message between nodes can carry.
  static let maximumDisclosureBytes = 512 << 10
  static let maximumTextBytes = 65_536

  /// All of them must be disclosures that the document committed to, each once, and small enough to be passed on.
  private func check(_ texts: [String], of document: AdmittedDocument) throws(Violations) {
    guard texts.allSatisfy({ $0.utf8.count <= DocumentDesk.maximumTextBytes }),
      texts.reduce(0, { $0 + $1.utf8.count }) <= DocumentDesk.maximumDisclosureBytes
    else {
      throw Violations(
        .disclosureInvalid, "/details",
        "\(DocumentDesk.maximumTextBytes) bytes each and \(DocumentDesk.maximumDisclosureBytes) together are the most")
    }
    let committed = document.envelope.committed
    let names = Swift.type(of: document.act).committed
    var seen: Set<Digest> = []
    for text in texts {
      guard let disclosure = Disclosure(text), committed.contains(disclosure.digest), names.contains(disclosure.name),
        seen.insert(disclosure.digest).inserted
      else { throw Violations(.disclosureInvalid, "/details", "a disclosure does not belong to this document") }
    }
  }

  /// Keeps disclosures for this node and, with `forward`, for the other nodes of the parties.
  func keep(_ texts: [String], of document: AdmittedDocument, forward: Bool = true) throws {
    try check(texts, of: document)
    let parties = Set(document.act.parties + [document.envelope.issuer]).sorted()
    try disclosures.keep(texts, of: document.id, for: forward ? parties.flatMap(otherNodes) : [])
  }

  // MARK: What became of a document

  struct Status: Sendable {
    let stage: DocumentStage
    let location: DocumentLocation?
    let outcome: OutcomeRecord?
  }

  /// Nil when this node has never seen it.
  func status(of id: Digest) throws -> Status? {
    if let location = try chain.store.location(of: id) {
      let stage: DocumentStage = chain.head.provable >= location.height ? .attested : .executed
      return Status(stage: stage, location: location, outcome: try chain.outcome(at: location))
    }
    if let height = finalizedNotExecuted.withLock({ $0[id] }) {
      return Status(stage: .finalized, location: DocumentLocation(height: height, index: 0), outcome: nil)
    }
    return pool.contains(id) ? Status(stage: .pending, location: nil, outcome: nil) : nil
  }

  private func isFinalized(_ id: Digest) -> Bool { finalizedNotExecuted.withLock { $0[id] != nil } }

  func wait(for ids: [Digest], stage: DocumentStage, limit: Duration) async throws {
    try await waiters.wait(for: ids, stage: stage, limit: limit) { id in
      try status(of: id).map { $0.stage >= stage } ?? false
    }
  }

  func finalized(_ block: FinalizedBlock, _ documents: [AdmittedDocument]) {
    let ids = documents.map(\.id)
    finalizedNotExecuted.withLock { waiting in for id in ids { waiting[id] = block.block.header.height } }
    waiters.signal(ids, .finalized)
  }

  func executed(_ head: ChainHead, _ documents: [AdmittedDocument]) {
    let ids = documents.map(\.id)
    finalizedNotExecuted.withLock { waiting in for id in ids { waiting[id] = nil } }
    waiters.signal(ids, .executed)
    let waiting = waiters.awaitingAttestation
    let attested = waiting.filter {
      (try? chain.store.location(of: $0)).flatMap { $0 }.map { $0.height <= head.provable } ?? false
    }
    waiters.signal(attested, .attested)
  }
}
