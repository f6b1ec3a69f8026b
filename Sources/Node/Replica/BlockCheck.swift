import Contracts
import Ledger
import LedgerStore
import Sodium

/// C-16: whether a block's documents may stand in it. A function of its bytes, its ancestors and the state at
/// `header.executed.height`; where the node is, and what time it is, do not matter.
struct BlockCheck: Sendable {
  let block: Block
  let chain: Chain
  let door: Door
  let pool: Pool
  let parameters: Parameters
  /// (issuer, jti) of the ancestors that the database does not know yet.
  let pairsSinceExecution: Set<Pool.JTIPair>
  let stages: Stages

  enum Result: Sendable {
    case valid([AdmittedDocument])
    case invalid(String)
    /// This node's trouble, not the block's.
    case failed(NodeFailure)
  }

  func run() async -> Result {
    let start = ContinuousClock.now
    defer { stages.add(.check, since: start, items: block.documents.count) }
    let documents = block.documents
    guard documents.count <= parameters.blockDocuments,
      documents.reduce(0, { $0 + $1.count }) <= parameters.blockBytes
    else { return .invalid("more documents or bytes than a block may have") }
    let leaves = documents.map { Digest(.treeLeaf, of: $0) }
    guard MerkleTree.root(ofHashes: leaves[...]) == block.header.documentsRoot else {
      return .invalid("the documents are not those of the header")
    }
    do {
      let admitted = try await admitted(leaves)
      return try refusal(of: admitted).map { .invalid($0) } ?? .valid(admitted)
    } catch let violations as Violations {
      return .invalid("\(violations.first.refusal) \(violations.first.detail)")
    } catch let failure as StorageFailure {
      return .failed(.storage(failure.message))
    } catch {
      return .failed(.damaged("\(error)"))
    }
  }

  /// What waits in the pool was verified when it came in; the rest is verified now, in parallel.
  private func admitted(_ leaves: [Digest]) async throws -> [AdmittedDocument] {
    var documents = pool.documents(withLeaves: leaves)
    let missing = documents.indices.filter { documents[$0] == nil }
    guard !missing.isEmpty else { return documents.map { $0! } }
    let chunk = 32
    try await withThrowingTaskGroup(of: [(Int, AdmittedDocument)].self) { group in
      for start in stride(from: 0, to: missing.count, by: chunk) {
        let indexes = missing[start..<min(start + chunk, missing.count)]
        group.addTask {
          try indexes.map {
            ($0, try door.checked(block.documents[$0], keyKnownAt: block.header.executed.height))
          }
        }
      }
      for try await checked in group {
        for (index, document) in checked { documents[index] = document }
      }
    }
    return documents.map { $0! }
  }

  private func refusal(of documents: [AdmittedDocument]) throws -> String? {
    var pairs: Set<Pool.JTIPair> = []
    var counts: [String: Int] = [:]
    for document in documents {
      let envelope = document.envelope
      guard document.keyAddedAt <= block.header.executed.height else { return "a key that is not known yet" }
      guard envelope.expiresAt * 1000 >= block.header.time else { return "\(document.id) has expired" }
      counts[envelope.issuer, default: 0] += 1
      guard counts[envelope.issuer]! <= parameters.issuerQuota else {
        return "too many documents of \(envelope.issuer)"
      }
      let pair = Pool.JTIPair(issuer: envelope.issuer, jti: envelope.jti)
      guard pairs.insert(pair).inserted, !pairsSinceExecution.contains(pair) else {
        return "\(document.id) repeats a jti"
      }
      // What is recorded at this height or later is this block itself, executed meanwhile.
      if let use = try chain.store.use(ofJTI: envelope.jti, issuer: envelope.issuer), use.height < block.header.height {
        return "\(document.id) repeats a jti of height \(use.height)"
      }
    }
    return nil
  }
}
