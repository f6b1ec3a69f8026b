import Contracts
import Financing
import Ledger
import LedgerStore
import Sodium
import Synchronization

/// The executed chain: performs finalized blocks in order and knows what recent heights came to.
package final class Chain: Sendable {
  package let genesis: Genesis
  package let store: ChainStore
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
    // Pruned heights, and those before a snapshot, have left no trace here.
    let oldest = try store.oldestHeight()
    for height in (head.height > lag ? head.height - lag : 0)...head.height {
      guard let leaf = try store.leaf(at: height),
        let history = try HistoryRange(wasAt: height + 1, node: store.historyNode)
      else {
        guard height < oldest else { throw NodeFailure.damaged("the history of height \(height) is missing") }
        continue
      }
      executed.append(Executed(height: height, stateRoot: leaf.stateRoot, historyRoot: history.root))
    }
    recent = Mutex(Recent(head: head, executed: executed))
  }

  package var head: ChainHead { recent.withLock { $0.head } }

  /// What this node computed for `height`; nil when it is not executed yet, or longer ago than any header may attest.
  package func executed(at height: UInt64) -> Executed? {
    recent.withLock { recent in recent.executed.last { $0.height == height } }
  }

  /// What became of the document at `location`.
  package func outcome(at location: DocumentLocation) throws -> OutcomeRecord? {
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
    let context = BlockContext(height: block.header.height, time: block.header.time, epoch: block.header.epoch)
    let result = try stages.measure(.execute, items: admitted.count) { () throws(StateFailure) in
      try Executor.execute(admitted, evidence: block.evidence, in: context, on: store)
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
    let endsEpoch = block.header.endsEpoch
    let next = ChainHead(
      height: context.height, block: leaf.block, epoch: block.header.epoch + (endsEpoch ? 1 : 0), endsEpoch: endsEpoch,
      view: endsEpoch ? 0 : finalized.finality.proposal.view, time: context.time,
      stateRoot: update.root, stateVersion: update.rootVersion, history: history,
      attested: block.header.executed.height,
      provable: finalized.finality.certificate == nil ? head.provable : block.header.executed.height)
    try stages.measure(.commit, items: admitted.count) {
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

/// The validators of each epoch, as the executed state has them.
extension Chain {
  /// Those of an epoch that has begun or is decided.
  package func validators(of epoch: UInt64) throws -> ValidatorSet {
    guard let validators = try validatorsIfKnown(of: epoch) else {
      throw NodeFailure.damaged("the validators of epoch \(epoch) are missing")
    }
    return validators
  }

  package func validatorsIfKnown(of epoch: UInt64) throws -> ValidatorSet? {
    try store.object(epoch, ValidatorSetRecord.self)?.validators
  }

  /// The nodes that follow without a vote.
  package func observers() throws -> [Genesis.Observer] {
    try store.object(ObserverList.id, ObserverList.self)?.observers ?? []
  }

  /// From the genesis to the validators of `epoch`: the boundary block of each epoch before it (C-30).
  package func epochProof(to epoch: UInt64) throws -> EpochProof {
    var links: [EpochProof.Link] = []
    for ended in 0..<epoch { links.append(try store.epochLink(ended)) }
    return EpochProof(links: links)
  }

  /// C-30: those after `validators` if they were decided at `height` or before, or the same again.
  func validators(decidedBy height: UInt64, after validators: ValidatorSet) throws -> ValidatorSet {
    guard let next = try store.object(validators.epoch + 1, ValidatorSetRecord.self), next.decidedAt <= height else {
      return validators
    }
    return next.validators
  }
}
