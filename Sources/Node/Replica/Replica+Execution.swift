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
      let own = certificate.subject.proposal == proposal ? certificate : nil
      enqueue(
        FinalizedBlock(block: entry.block, finality: Finality(proposal: proposal, certificate: own)), entry.admitted)
    }
  }

  /// Hands the next block to execution and tells who waits for finality.
  func enqueue(_ finalized: FinalizedBlock, _ admitted: [AdmittedDocument]?) {
    let header = finalized.block.header
    queuedHeight = header.height
    queuedDigest = finalized.finality.proposal.payload
    queuedView = finalized.finality.proposal.view
    attested = header.executed.height
    if !finalized.block.documents.isEmpty { newestWithDocuments = header.height }
    if let admitted {
      pool.remove(admitted, time: header.time)
      observer.finalized(finalized, admitted)
    }
    executions.yield(ExecutionItem(finalized: finalized, admitted: admitted))
    updateIdle()
  }

  /// Executes finalized blocks in order, beside the loop.
  nonisolated func executeItems(_ items: AsyncStream<ExecutionItem>) async {
    for await item in items {
      do {
        let documents = try await documents(of: item)
        let outcomes = try chain.execute(item.finalized, documents)
        await executed(item.finalized, documents, outcomes)
      } catch let failure as NodeFailure {
        return await fail(failure)
      } catch let failure as StorageFailure {
        return await fail(.storage(failure.message))
      } catch {
        return await fail(.damaged("\(error)"))
      }
    }
  }

  /// After a restart, and when catching up, the documents are checked here, before they are executed.
  private nonisolated func documents(of item: ExecutionItem) async throws -> [AdmittedDocument] {
    if let admitted = item.admitted { return admitted }
    let check = BlockCheck(
      block: item.finalized.block, chain: chain, door: door, pool: pool, parameters: parameters,
      pairsSinceExecution: [],
      stages: stages)
    switch await check.run() {
    case .valid(let documents):
      pool.remove(documents, time: item.finalized.block.header.time)
      observer.finalized(item.finalized, documents)
      return documents
    case .invalid(let reason):
      throw NodeFailure.diverged(
        "the finalized block of height \(item.finalized.block.header.height) is invalid here: \(reason)")
    case .failed(let failure): throw failure
    }
  }

  private func executed(_ finalized: FinalizedBlock, _ documents: [AdmittedDocument], _ outcomes: [OutcomeRecord]) {
    guard !hasStopped else { return }
    blocks[finalized.finality.proposal.payload] = nil
    let head = chain.head
    let proposal = finalized.finality.proposal
    executedRecently.append((proposal.payload, proposal, head.height))
    if executedRecently.count > Replica.rememberedBlocks { executedRecently.removeFirst() }
    // Questions about views that are decided, and blocks that can no longer or not for long become final, are let go.
    awaited = awaited.filter { $0.key.view > head.view }
    let highest = queuedHeight + 2 * parameters.executionLag + 64
    let asked = Set(awaited.keys.map(\.payload))
    blocks = blocks.filter { digest, entry in
      let height = entry.block.header.height
      return height > head.height && (asked.contains(digest) || height <= highest && entry.standing != .invalid)
    }
    observer.executed(head, documents, outcomes)
    advanceCatchUp(head)
    retryAwaited()
    pruneLog()
  }
}
