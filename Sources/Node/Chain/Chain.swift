import Contracts
import Financing
import Ledger
import LedgerStore
import Sodium
import Synchronization

/// The executed chain: performs finalized blocks in order and knows what recent heights came to.
package final class Chain: Sendable {
  let genesis: Genesis
  let store: ChainStore
  private let stages: Stages
  private let recent: Mutex<Recent>

  /// The head, and what the last heights attest: a header attests at most the execution lag back.
  private struct Recent {
    var head: ChainHead
    var executed: [Executed]
    /// Outcomes of the last blocks: whoever waited for them asks now.
    var outcomes: [(height: UInt64, records: [OutcomeRecord])] = []
  }

  private static let rememberedOutcomes = 16
  /// Heights that a header may still attest; far above the execution lag.
  private static let rememberedHeights = 512

  package init(genesis: Genesis, store: ChainStore, stages: Stages) throws {
    self.genesis = genesis
    self.store = store
    self.stages = stages
    let head = try store.head()
    let lag = max(64, genesis.parameters.executionLag * 2)
    var executed: [Executed] = []
    for height in (head.height > lag ? head.height - lag : 0)...head.height {
      guard let leaf = try store.leaf(at: height),
        let history = try HistoryRange(wasAt: height + 1, node: store.historyNode)
      else { throw NodeFailure.damaged("the history of height \(height) is missing") }
      executed.append(Executed(height: height, stateRoot: leaf.stateRoot, historyRoot: history.root))
    }
    recent = Mutex(Recent(head: head, executed: executed))
  }

  package var head: ChainHead { recent.withLock { $0.head } }

  /// What this node computed for `height`; nil when it is not executed yet, or longer ago than any header may attest.
  func executed(at height: UInt64) -> Executed? {
    recent.withLock { recent in recent.executed.last { $0.height == height } }
  }

  /// What became of the document at `location`.
  func outcome(at location: DocumentLocation) throws -> OutcomeRecord? {
    let recent = recent.withLock { recent in
      recent.outcomes.last { $0.height == location.height }?.records
    }
    guard let records = try recent ?? store.outcomes(at: location.height), location.index < records.count else {
      return nil
    }
    return records[location.index]
  }

  /// Executes the next block and writes it with everything that follows from it in one synced batch.
  @discardableResult
  package func execute(_ finalized: FinalizedBlock, _ admitted: [AdmittedDocument]) throws -> [OutcomeRecord] {
    let block = finalized.block
    let head = self.head
    precondition(block.header.height == head.height + 1 && admitted.count == block.documents.count)
    // A block that came by height was never voted on here: what it attests is compared now.
    if let mine = executed(at: block.header.executed.height), mine != block.header.executed {
      throw NodeFailure.diverged(
        "the finalized block of height \(block.header.height) attests another state of height \(mine.height)")
    }
    let context = BlockContext(height: block.header.height, time: block.header.time)
    let result = try stages.measure(.execute, items: admitted.count) { () throws(StateFailure) in
      try Executor.execute(admitted, in: context, on: store)
    }
    let start = ContinuousClock.now
    let update = try StateTree.update(
      root: head.stateVersion, to: context.height, changes: ChainStore.treeChanges(result.changes), reader: store)
    let leaf = HistoryLeaf(
      height: context.height, block: block.digest, stateRoot: update.root,
      outcomesRoot: MerkleTree.root(of: result.outcomes.map(\.cbor)))
    var history = head.history
    let nodes = history.append(leaf.digest)
    stages.add(.tree, since: start, items: admitted.count)
    let next = ChainHead(
      height: context.height, block: leaf.block, view: finalized.finality.proposal.view, time: context.time,
      stateRoot: update.root, stateVersion: update.rootVersion, history: history,
      attested: block.header.executed.height,
      provable: finalized.finality.certificate == nil ? head.provable : block.header.executed.height)
    try stages.measure(.commit, items: admitted.count) { () throws(StorageFailure) in
      try store.commit(
        ChainStore.Commit(
          finalized: finalized, admitted: admitted, outcomes: result.outcomes, changes: result.changes, update: update,
          leaf: leaf, nodes: nodes, head: next))
    }
    recent.withLock { recent in
      recent.head = next
      recent.executed.append(next.executed)
      recent.outcomes.append((next.height, result.outcomes))
      if recent.outcomes.count > Chain.rememberedOutcomes { recent.outcomes.removeFirst() }
      if recent.executed.count > 2 * Chain.rememberedHeights { recent.executed.removeFirst(Chain.rememberedHeights) }
    }
    return result.outcomes
  }
}
