import Contracts
import DequeModule
import Ledger
import Sodium
import Synchronization

/// Documents that wait for a block (decision 17): bounded by count and bytes, a share for each issuer, and taken in turns
/// between issuers, so that none can crowd out the others.
package final class Pool: Sendable {
  package struct Limits: Sendable {
    package var documents = 65_536
    package var bytes = 64 << 20
    /// The part of the pool that one issuer may fill.
    package var issuerShare = 2

    package init() {}
  }

  fileprivate struct Contents {
    var documents: [Digest: AdmittedDocument] = [:]
    /// Ids by the leaf of the exact bytes: how a block's documents are found to be verified already.
    var ids: [Digest: Digest] = [:]
    /// Pairs of the last blocks: a document that was checked before its block was executed must not come in after it.
    var recent: Deque<[JTIPair]> = []
    var recentPairs: [JTIPair: Digest] = [:]
    /// Ids in order of arrival; one that is gone from `documents` is passed over.
    var queues: [String: Deque<Digest>] = [:]
    var counts: [String: Int] = [:]
    var pairs: [JTIPair: Digest] = [:]
    /// Issuers with documents, in the order in which they are next served.
    var turns: Deque<String> = []
    var bytes = 0
  }

  package struct JTIPair: Hashable {
    let issuer: String
    let jti: String

    package init(issuer: String, jti: String) {
      self.issuer = issuer
      self.jti = jti
    }
  }

  private let contents = Mutex(Contents())
  let limits: Limits

  package init(limits: Limits = Limits()) { self.limits = limits }

  /// True when the document is new here; false when it waits here already.
  package func add(_ document: AdmittedDocument) throws(Violations) -> Bool {
    let added: Result<Bool, Violations> = contents.withLock { contents in
      let envelope = document.envelope
      if contents.documents[document.id] != nil { return .success(false) }
      let pair = JTIPair(issuer: envelope.issuer, jti: envelope.jti)
      if let recorded = contents.recentPairs[pair] {
        return .failure(
          Violations(recorded == document.id ? .replayed : .jtiReused, "/jti", "recorded in one of the last blocks"))
      }
      if contents.pairs[pair] != nil {
        return .failure(Violations(.jtiReused, "/jti", "another document of this issuer with this jti is waiting"))
      }
      let size = document.verified.signed.bytes.count
      guard contents.documents.count < limits.documents, contents.bytes + size <= limits.bytes else {
        return .failure(Violations(.poolFull, "", "\(contents.documents.count) documents are waiting"))
      }
      let count = contents.counts[envelope.issuer] ?? 0
      guard count < limits.documents / limits.issuerShare else {
        return .failure(Violations(.shareExceeded, "", "\(count) documents of \(envelope.issuer) are waiting"))
      }
      contents.documents[document.id] = document
      contents.ids[document.verified.signed.leaf] = document.id
      contents.pairs[pair] = document.id
      contents.bytes += size
      contents.counts[envelope.issuer] = count + 1
      if contents.queues[envelope.issuer, default: []].isEmpty { contents.turns.append(envelope.issuer) }
      contents.queues[envelope.issuer, default: []].append(document.id)
      return .success(true)
    }
    return try added.get()
  }

  package func contains(_ id: Digest) -> Bool { contents.withLock { $0.documents[id] != nil } }

  package func document(_ id: Digest) -> AdmittedDocument? { contents.withLock { $0.documents[id] } }

  /// For each leaf the document that waits here with these very bytes, verified when it came in.
  package func documents(withLeaves leaves: [Digest]) -> [AdmittedDocument?] {
    contents.withLock { contents in leaves.map { contents.ids[$0].flatMap { id in contents.documents[id] } } }
  }

  /// The exact bytes of documents that wait, issuer by issuer, up to these bounds.
  package func waiting(documents count: Int, bytes: Int) -> [[UInt8]] {
    contents.withLock { contents in
      var waiting: [[UInt8]] = []
      var size = 0
      for issuer in contents.turns {
        for id in contents.queues[issuer] ?? [] {
          guard let exact = contents.documents[id]?.verified.signed.bytes else { continue }
          guard waiting.count < count, size + exact.count <= bytes else { return waiting }
          waiting.append(exact)
          size += exact.count
        }
      }
      return waiting
    }
  }

  package var isEmpty: Bool { contents.withLock { $0.documents.isEmpty } }

  package var size: (documents: Int, bytes: Int) { contents.withLock { ($0.documents.count, $0.bytes) } }

  /// Up to these bounds of documents that are in none of the parent blocks (`excluding`) and not expired at `time`, one
  /// issuer after the other. They stay in the pool until they are finalized.
  package func take(
    documents: Int, bytes: Int, quota: Int, time: Int64, excluding: (AdmittedDocument) -> Bool
  ) -> [AdmittedDocument] {
    contents.withLock { contents in
      var taken: [AdmittedDocument] = []
      var size = 0
      var places: [String: Int] = [:]
      var counts: [String: Int] = [:]
      var round = contents.turns
      while let issuer = round.popFirst(), taken.count < documents {
        guard let queue = contents.queues[issuer] else { continue }
        var place = places[issuer] ?? 0
        while place < queue.count {
          let id = queue[place]
          place += 1
          guard let document = contents.documents[id], document.envelope.expiresAt * 1000 >= time, !excluding(document)
          else {
            continue
          }
          let length = document.verified.signed.bytes.count
          guard size + length <= bytes else { return taken }
          taken.append(document)
          size += length
          counts[issuer, default: 0] += 1
          break
        }
        places[issuer] = place
        if place < queue.count, counts[issuer, default: 0] < quota { round.append(issuer) }
      }
      return taken
    }
  }

  /// Lets go of what a finalized block contains, and of what has expired at `time`.
  package func remove(_ documents: [AdmittedDocument], time: Int64) {
    contents.withLock { contents in
      for document in documents {
        contents.drop(document.id)
        // Other content under the same jti came in elsewhere: it can never be recorded now.
        let envelope = document.envelope
        if let other = contents.pairs[JTIPair(issuer: envelope.issuer, jti: envelope.jti)] { contents.drop(other) }
      }
      contents.remember(documents)
      var turns: Deque<String> = []
      for issuer in contents.turns {
        while let id = contents.queues[issuer]?.first {
          if let document = contents.documents[id] {
            guard document.envelope.expiresAt * 1000 < time else { break }
            contents.drop(id)
          }
          contents.queues[issuer]?.removeFirst()
        }
        if contents.queues[issuer]?.isEmpty ?? true { contents.queues[issuer] = nil } else { turns.append(issuer) }
      }
      // The issuer that was served first goes last.
      if let first = turns.popFirst() { turns.append(first) }
      contents.turns = turns
    }
  }
}

extension Pool.Contents {
  fileprivate mutating func drop(_ id: Digest) {
    guard let document = documents.removeValue(forKey: id) else { return }
    let envelope = document.envelope
    ids[document.verified.signed.leaf] = nil
    pairs[Pool.JTIPair(issuer: envelope.issuer, jti: envelope.jti)] = nil
    bytes -= document.verified.signed.bytes.count
    let count = (counts[envelope.issuer] ?? 1) - 1
    counts[envelope.issuer] = count == 0 ? nil : count
  }

  /// More blocks than may lie between a check at the door and the execution that it did not see.
  private static let recentBlocks = 32

  fileprivate mutating func remember(_ documents: [AdmittedDocument]) {
    let pairs = documents.map { Pool.JTIPair(issuer: $0.envelope.issuer, jti: $0.envelope.jti) }
    for (pair, document) in zip(pairs, documents) { recentPairs[pair] = document.id }
    recent.append(pairs)
    if recent.count > Self.recentBlocks, let old = recent.popFirst() {
      for pair in old { recentPairs[pair] = nil }
    }
  }
}
