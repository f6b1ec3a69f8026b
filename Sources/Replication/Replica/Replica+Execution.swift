import Consensus
import Contracts
import Ledger
import LedgerStore
import Sodium

extension Replica {
  /// Finalized blocks that wait for execution.
  static let maximumQueued: UInt64 = 64

  /// The machine finalized these, oldest first; their bodies are durable here.
  func finalize(_ proposals: [Proposal], _ certificate: Certificate) {
    for proposal in proposals {
      guard let entry = blocks[proposal.payload] else {
        // After a restart the machine begins at the newest block with a certificate of its own, and may repeat what is
        // executed.
        continue
      }
      let header = entry.block.header
      guard header.height > queuedHeight else { continue }
      // What execution cannot keep up with is not piled up in memory: it is fetched by height when there is room.
      guard header.height == queuedHeight + 1, queuedHeight < chain.head.height + Replica.maximumQueued else {
        return catchUp(to: certificate)
      }
      guard header.parent == queuedDigest else {
        return fail(.diverged("height \(header.height) was finalized on another parent than \(queuedDigest)"))
      }
      // The end of an epoch may come several times (C-31): the newest place is the one with the certificate.
      let place = proposals.last { $0.payload == proposal.payload } ?? proposal
      let own = certificate.subject.proposal == place ? certificate : nil
      enqueue(
        FinalizedBlock(block: entry.block, finality: Finality(proposal: place, certificate: own)), entry.admitted)
    }
  }

  /// Hands the next block to execution and tells who waits for finality.
  func enqueue(_ finalized: FinalizedBlock, _ admitted: [AdmittedDocument]?) {
    let header = finalized.block.header
    queuedHeight = header.height
    queuedDigest = finalized.finality.proposal.payload
    queuedIsBoundary = header.endsEpoch
    attested = header.executed.height
    if !finalized.block.documents.isEmpty { newestWithDocuments = header.height }
    if let admitted {
      pool.remove(admitted, time: header.time)
      host.finalized(finalized, admitted)
    }
    host.run(
      .execute(
        ExecutionWork(
          finalized: finalized, admitted: admitted, check: blockCheck(finalized.block, pairs: []), chain: chain)))
    updateIdle()
  }

  func executed(_ executed: ExecutedBlock) {
    let head = executed.head
    let proposal = executed.finalized.finality.proposal
    if blocks.removeValue(forKey: proposal.payload) == nil {
      // Fetched by height: its documents are known only now.
      pool.remove(executed.documents, time: head.time)
      host.finalized(executed.finalized, executed.documents)
    }
    evidencePool.remove(executed.finalized.block.evidence)
    executedRecently.append((proposal.payload, proposal, head.height))
    if executedRecently.count > Replica.rememberedBlocks { executedRecently.removeFirst() }
    host.executed(head, executed.documents, executed.outcomes)
    do {
      try snapshots.take(executed.finalized, head: head, before: executed.before, chain: chain)
      if head.endsEpoch { return try beginEpoch(after: head) }
    } catch {
      return fail(.damaged("\(error)"))
    }
    // Questions about views that are decided, and blocks that can no longer or not for long become final, are let go.
    awaited = awaited.filter { $0.key.view > head.view }
    let highest = queuedHeight + 2 * parameters.executionLag + 64
    let asked = Set(awaited.keys.map(\.payload))
    blocks = blocks.filter { digest, entry in
      let height = entry.block.header.height
      return height > head.height && (asked.contains(digest) || height <= highest && entry.standing != .invalid)
    }
    advanceCatchUp(head)
    retryAwaited()
    pruneLog()
  }
}
