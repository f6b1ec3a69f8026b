import Consensus
import Contracts
import Ledger
import LedgerStore
import Sodium

/// C-15: evidence is kept on disk, given to the others, and put into a block by whoever leads.
extension Replica {
  /// The machine saw two votes that contradict each other; their signatures were checked when they came.
  func take(_ evidence: Evidence) {
    host.log(.error, "misbehaviour seen", ["evidence": "\(evidence)"])
    keep([evidence])
  }

  /// What a peer says it saw.
  func receive(_ evidence: [Evidence]) {
    keep(
      evidence.filter { item in
        guard let validators = try? chain.validatorsIfKnown(of: item.first.epoch) else { return false }
        return !evidencePool.contains(item)
          && item.isValid(for: validators, chain: chain.genesis.chain, checking: checking)
      })
  }

  private func keep(_ evidence: [Evidence]) {
    do {
      let fresh = try evidence.filter { try !chain.store.isRecorded($0) && evidencePool.insert($0) }
      guard !fresh.isEmpty else { return }
      try chain.store.keep(fresh)
      host.broadcast(PeerMessage.evidence(fresh).cbor, on: .control)
      updateIdle()
    } catch {
      fail(.storage("\(error)"))
    }
  }

  func sendEvidence(to peer: Int) {
    let waiting = evidencePool.first(Block.maximumEvidence)
    if !waiting.isEmpty { host.send(PeerMessage.evidence(waiting).cbor, on: .control, to: peer) }
  }

  /// What the next block on `parent` carries: what waits and is in no block before it.
  func evidence(on parent: Digest) -> [Evidence] {
    guard !evidencePool.isEmpty else { return [] }
    var ancestors: Set<Evidence> = []
    var digest = parent
    while let entry = blocks[digest] {
      ancestors.formUnion(entry.block.evidence)
      digest = entry.block.header.parent
    }
    return evidencePool.first(Block.maximumEvidence) { !ancestors.contains($0) }
  }
}

/// Evidence that no block carries yet: at most `share` for each validator and `maximum` in all, in the order of epochs,
/// views and signers.
package struct EvidencePool: Sendable {
  package private(set) var waiting: [Evidence] = []
  static let maximum = 256
  static let share = 16

  var isEmpty: Bool { waiting.isEmpty }

  func contains(_ evidence: Evidence) -> Bool { waiting.contains { $0.offence == evidence.offence } }

  /// False when it waits already, or there is no room.
  mutating func insert(_ evidence: Evidence) -> Bool {
    guard !contains(evidence), waiting.count < EvidencePool.maximum,
      waiting.count(where: { $0.signer == evidence.signer && $0.first.epoch == evidence.first.epoch })
        < EvidencePool.share
    else { return false }
    waiting.insert(evidence, at: waiting.firstIndex { $0.offence > evidence.offence } ?? waiting.endIndex)
    return true
  }

  mutating func remove(_ recorded: [Evidence]) {
    waiting.removeAll { item in recorded.contains { $0.offence == item.offence } }
  }

  func first(_ count: Int, where isWanted: (Evidence) -> Bool = { _ in true }) -> [Evidence] {
    Array(waiting.lazy.filter(isWanted).prefix(count))
  }
}
