import Contracts
import Ledger
import LedgerStore
import Sodium

/// C-16: whether a block's documents may stand in it. A function of its bytes, its ancestors and the state at
/// `header.executed.height`; where the node is, and what time it is, do not matter.
package struct BlockCheck: Sendable {
  package let block: Block
  let chain: Chain
  let door: Door
  let pool: Pool
  let parameters: Parameters
  /// (issuer, jti) of the ancestors that the database does not know yet.
  let pairsSinceExecution: Set<Pool.JTIPair>
  let checking: any SignatureChecking
  package let stages: Stages

  package enum Result: Sendable {
    case valid([AdmittedDocument])
    case invalid(String)
    /// This node's trouble, not the block's.
    case failed(NodeFailure)
  }

  package func run() -> Result {
    let start = ContinuousClock.now
    defer { stages.add(.check, since: start, items: block.documents.count) }
    return judged {
      var documents = try known()
      for index in documents.indices where documents[index] == nil { documents[index] = try checked(index) }
      return documents.map { $0! }
    }
  }

  /// What `documents` gives, judged as a whole.
  package func judged(_ documents: () throws -> [AdmittedDocument]) -> Result {
    do {
      let admitted = try documents()
      return try refusal(of: admitted).map { .invalid($0) } ?? .valid(admitted)
    } catch let fault as Fault {
      return .invalid(fault.reason)
    } catch let violations as Violations {
      return .invalid("\(violations.first.refusal) \(violations.first.detail)")
    } catch let failure as StorageFailure {
      return .failed(.storage(failure.message))
    } catch {
      return .failed(.damaged("\(error)"))
    }
  }

  private struct Fault: Error {
    let reason: String
  }

  /// The documents that were verified when they came into the pool; nil for the others. Throws when the block's size,
  /// roots or evidence are wrong.
  package func known() throws -> [AdmittedDocument?] {
    let documents = block.documents
    guard documents.count <= parameters.blockDocuments,
      documents.reduce(0, { $0 + $1.count }) <= parameters.blockBytes
    else { throw Fault(reason: "more documents or bytes than a block may have") }
    let leaves = documents.map { Digest(.treeLeaf, of: $0) }
    guard MerkleTree.root(ofHashes: leaves[...]) == block.header.documentsRoot else {
      throw Fault(reason: "the documents are not those of the header")
    }
    if let fault = try evidenceFault() { throw Fault(reason: fault) }
    return pool.documents(withLeaves: leaves)
  }

  /// One document by itself.
  package func checked(_ index: Int) throws -> AdmittedDocument {
    try door.checked(block.documents[index], keyKnownAt: block.header.executed.height)
  }

  private func evidenceFault() throws -> String? {
    guard Block.evidenceRoot(block.evidence) == block.header.evidenceRoot else {
      return "the evidence is not that of the header"
    }
    var sets: [UInt64: ValidatorSet] = [:]
    for item in block.evidence where sets[item.first.epoch] == nil {
      sets[item.first.epoch] = try chain.validatorsIfKnown(of: item.first.epoch)
    }
    return block.evidenceFault(chain: chain.genesis.chain, checking: checking) { sets[$0] }
  }

  private func refusal(of documents: [AdmittedDocument]) throws -> String? {
    var pairs: Set<Pool.JTIPair> = []
    var counts: [String: Int] = [:]
    for document in documents {
      let envelope = document.envelope
      guard document.keyAddedAt <= block.header.executed.height else { return "a key that is not known yet" }
      guard envelope.expiresAt * 1000 >= block.header.time else { return "\(document.id) has expired" }
      guard envelope.expiresAt <= block.header.time / 1000 + chain.genesis.documentHorizonSeconds else {
        return "\(document.id) expires too late"
      }
      counts[envelope.issuer, default: 0] += 1
      guard counts[envelope.issuer]! <= parameters.issuerQuota else {
        return "too many documents of \(envelope.issuer)"
      }
      let pair = Pool.JTIPair(issuer: envelope.issuer, jti: envelope.jti)
      guard pairs.insert(pair).inserted, !pairsSinceExecution.contains(pair) else {
        return "\(document.id) repeats a jti"
      }
      // What is recorded at this height or later is this block itself, executed meanwhile. A use that has expired does not
      // count: a node that began with a snapshot does not know it.
      if let use = try chain.store.use(ofJTI: envelope.jti, issuer: envelope.issuer), use.height < block.header.height,
        use.expiresAt * 1000 >= block.header.time
      {
        return "\(document.id) repeats a jti of height \(use.height)"
      }
    }
    return nil
  }
}
