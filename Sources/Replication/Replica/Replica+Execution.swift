import Consensus
import Contracts
import DequeModule
import Ledger
import LedgerStore
import Sodium

extension Replica {
  /// Finalized blocks that wait for execution.
  static let maximumQueued: UInt64 = 64

  /// The machine finalized these, oldest first; their bodies are durable here. Execution takes them as it can: they
  /// wait in `decided`, and their bodies in `blocks`.
  func finalize(_ proposals: [Proposal], _ certificate: Certificate) {
    for (index, proposal) in proposals.enumerated() {
      // The end of an epoch may come several times (C-31): the newest place is the one with the certificate.
      if index + 1 < proposals.count, proposals[index + 1].payload == proposal.payload { continue }
      let own = certificate.subject.proposal == proposal ? certificate : nil
      decided.append(Finality(proposal: proposal, certificate: own))
    }
    newestFinalization = certificate
    enqueueDecided()
  }

  func enqueueDecided() {
    while let finality = decided.first, queuedHeight < chain.head.height + Replica.maximumQueued, !hasStopped {
      // After a restart the machine begins at the newest block with a certificate of its own, and may repeat what is
      // executed.
      guard let entry = blocks[finality.proposal.payload], entry.block.header.height > queuedHeight else {
        decided.removeFirst()
        continue
      }
      let header = entry.block.header
      guard header.height == queuedHeight + 1 else {
        // What lies between was not here when it was decided: it comes by height.
        decided.removeAll()
        if let newestFinalization { catchUp(to: newestFinalization) }
        return
      }
      guard header.parent == queuedDigest else {
        return fail(.diverged("height \(header.height) was finalized on another parent than \(queuedDigest)"))
      }
      decided.removeFirst()
      enqueue(FinalizedBlock(block: entry.block, finality: finality), entry.admitted)
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
    blocks[proposal.payload] = nil
    if executed.isNews {
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
      // What is in the log may be built on, and be decided, long before it can be executed.
      return height > head.height
        && (entry.isLogged || asked.contains(digest) || height <= highest && entry.standing != .invalid)
    }
    enqueueDecided()
    advanceCatchUp(head)
    retryAwaited()
    pruneLog()
  }
}
