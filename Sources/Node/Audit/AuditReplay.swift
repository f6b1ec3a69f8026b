import Contracts
import Financing
import Ledger
import Replication
import Sodium

/// The chain performed again in memory, block by block.
struct AuditReplay {
  private let genesis: Genesis
  private let registry = ActRegistry.all
  private var state = MemoryState()
  private var tree = StateTreeMemory()
  private var treeVersion: UInt64?
  private var history = HistoryRange()
  /// What each recent height came to, for the headers that attest it.
  private var executed: [Executed] = []
  /// Each pair's newest use, by the second in which it expires.
  private var used: [Pool.JTIPair: Int64] = [:]
  /// Of the next block.
  private var validators: ValidatorSet
  private var hasBegunEpoch = false
  private var height: UInt64 = 0
  private var parent: Digest
  private var time: Int64
  private var attested: UInt64 = 0
  private var view: UInt64 = 0
  private var provable: UInt64 = 0
  private(set) var stateRoot: Digest
  private(set) var documents = 0
  private(set) var refused = 0
  private(set) var uncertified = 0

  init(genesis: Genesis) {
    self.genesis = genesis
    validators = genesis.validators
    parent = genesis.chain
    time = genesis.time
    stateRoot = StateTree.emptyRoot
    // The genesis was checked when it was read; its state cannot fail to be applied to an empty tree in memory.
    try? apply(genesis.initialState(), outcomesRoot: MerkleTree.root(of: []), block: genesis.chain)
  }

  /// Checks and performs one block. Faults that leave the state certain are returned; any other is thrown and ends the
  /// audit.
  mutating func take(
    _ finalized: FinalizedBlock, outcomes: [OutcomeRecord]?, leaf: HistoryLeaf?
  ) throws(AuditFault) -> [AuditFault] {
    let block = finalized.block
    let next = height + 1
    let digest = block.digest
    try check(block, at: next)
    var faults = certificateFaults(finalized, digest, at: next)
    guard block.matchesHeader else {
      throw AuditFault(.documents, next, "the documents or the evidence are not those whose roots the header names")
    }
    if let fault = block.evidenceFault(chain: genesis.chain, validators: { validatorSet($0)?.validators }) {
      throw AuditFault(.documents, next, fault)
    }
    let admitted = try admit(block, at: next)
    let result: Executor.Result
    do throws(StateFailure) {
      let context = BlockContext(height: next, time: block.header.time, epoch: block.header.epoch)
      result = try Executor.execute(admitted, evidence: block.evidence, in: context, on: state)
    } catch {
      throw AuditFault(.outcome, next, error.message)
    }
    if let outcomes, outcomes != result.outcomes {
      let index = zip(outcomes, result.outcomes).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
      faults.append(
        AuditFault(.outcome, next, "document \(index) is recorded with another outcome than performing it again gives"))
    }
    height = next
    try apply(result.changes, outcomesRoot: MerkleTree.root(of: result.outcomes.map(\.cbor)), block: digest)
    if let leaf { try compare(leaf, at: next) }
    documents += admitted.count
    refused += result.outcomes.filter(\.outcome.isRefusal).count
    (parent, time) = (digest, block.header.time)
    hasBegunEpoch = block.header.endsEpoch
    if hasBegunEpoch, let next = validatorSet(block.header.epoch + 1) { (validators, view) = (next.validators, 0) }
    if changesBooks(result.changes) { faults += booksFaults }
    return faults
  }

  private mutating func apply(_ changes: [StateChange], outcomesRoot: Digest, block: Digest) throws(AuditFault) {
    state.apply(changes)
    do throws(StateTreeFailure) {
      let update = try StateTree.update(
        root: treeVersion, to: height, changes: ChainStore.treeChanges(changes), reader: tree)
      tree.apply(update, pruning: true)
      (stateRoot, treeVersion) = (update.root, update.rootVersion)
    } catch {
      throw AuditFault(.stateRoot, height, "the state tree cannot be made: \(error)")
    }
    let leaf = HistoryLeaf(height: height, block: block, stateRoot: stateRoot, outcomesRoot: outcomesRoot)
    last = leaf
    historyNodes = history.append(leaf.digest)
    executed.append(Executed(height: height, stateRoot: stateRoot, historyRoot: history.root))
    if executed.count > 1024 { executed.removeFirst(512) }
  }

  private var last: HistoryLeaf?
  /// What the height at hand adds to the stored history.
  private(set) var historyNodes: [(position: UInt64, digest: Digest)] = []

  func compare(_ leaf: HistoryLeaf, at height: UInt64) throws(AuditFault) {
    guard leaf == last else {
      throw AuditFault(
        .stateRoot, height, "the stored block digest, state root or outcomes root is not what performing it again gives"
      )
    }
  }

  func compare(_ head: ChainHead) throws(AuditFault) {
    let recomputed = ChainHead(
      height: height, block: parent, epoch: validators.epoch, endsEpoch: hasBegunEpoch, view: view, time: time,
      stateRoot: stateRoot, stateVersion: treeVersion,
      history: history, attested: attested, provable: provable)
    guard head == recomputed else {
      throw AuditFault(.storedState, height, "the stored head of the chain is not what performing it again gives")
    }
  }

  // MARK: Header and certificate

  private mutating func check(_ block: Block, at next: UInt64) throws(AuditFault) {
    let header = block.header
    guard header.parent == parent else {
      throw AuditFault(
        .chain, next, "the block does not follow the one before it: parent \(header.parent), expected \(parent)")
    }
    guard header.height == next, header.chain == genesis.chain, header.epoch == validators.epoch,
      header.protocolVersion == Header.currentProtocol, header.suite == Header.currentSuite,
      header.validators == validators.digest,
      header.proposer < validators.count
    else { throw AuditFault(.header, next, "the header is not one of this chain at this height") }
    guard header.time >= time else { throw AuditFault(.time, next, "the block is older than the one before it") }
    guard header.executed.height >= attested, header.executed.height < next,
      block.keepsLag(genesis.parameters)
    else {
      throw AuditFault(.attestation, next, "the header attests height \(header.executed.height), which it may not")
    }
    guard executed.last(where: { $0.height == header.executed.height }) == header.executed else {
      throw AuditFault(
        .attestation, next,
        "the header attests another state or history of height \(header.executed.height) than performing it again gives"
      )
    }
    let decided = validatorSet(validators.epoch + 1).flatMap {
      $0.decidedAt <= header.executed.height ? $0.validators : nil
    }
    guard header.nextValidators == (decided ?? validators).digest else {
      throw AuditFault(.header, next, "the header names other validators for the next epoch than the state decided")
    }
    attested = header.executed.height
  }

  private func validatorSet(_ epoch: UInt64) -> ValidatorSetRecord? {
    state.values[ValidatorSetRecord.key(epoch)].flatMap { try? ValidatorSetRecord(cbor: $0) }
  }

  private mutating func certificateFaults(_ finalized: FinalizedBlock, _ digest: Digest, at next: UInt64)
    -> [AuditFault]
  {
    let proposal = finalized.finality.proposal
    defer { view = proposal.view }
    // The last block of an epoch may have been proposed again, in a later view by another leader (C-31).
    guard proposal.payload == digest, proposal.view > view,
      finalized.block.header.endsEpoch
        || proposal.parentView == view && validators.leader(of: proposal.view) == finalized.block.header.proposer
    else { return [AuditFault(.certificate, next, "the block's place in the views is not one that it can have")] }
    guard let certificate = finalized.finality.certificate else {
      uncertified += 1
      return []
    }
    (uncertified, provable) = (0, attested)
    guard certificate.subject == .finalize(proposal) else {
      return [AuditFault(.certificate, next, "the certificate finalizes another block than this one")]
    }
    guard certificate.isValid(for: validators, chain: genesis.chain) else {
      return [AuditFault(.certificate, next, "the certificate is not signed by a quorum of the validators")]
    }
    return []
  }

  // MARK: Documents

  private mutating func admit(_ block: Block, at next: UInt64) throws(AuditFault) -> [AdmittedDocument] {
    let parameters = genesis.parameters
    var admitted: [AdmittedDocument] = []
    guard block.documents.count <= parameters.blockDocuments,
      block.documents.reduce(0, { $0 + $1.count }) <= parameters.blockBytes
    else { throw AuditFault(.documents, next, "more documents or bytes than a block may have") }
    for (index, bytes) in block.documents.enumerated() {
      do throws(Violations) {
        let signed = try SignedDocument(bytes)
        let envelope = signed.envelope
        guard envelope.network == genesis.network, envelope.expiresAt * 1000 >= block.header.time,
          envelope.expiresAt <= block.header.time / 1000 + genesis.documentHorizonSeconds,
          envelope.expiresAt - envelope.issuedAt <= parameters.documentValiditySeconds
        else { throw Violations(.otherNetwork) }
        guard let key = key(signed.key), key.addedAt <= block.header.executed.height else {
          throw Violations(.keyUnknown)
        }
        admitted.append(
          try AdmittedDocument(try signed.verified(by: key.publicKey), keyAddedAt: key.addedAt, registry: registry))
        let pair = Pool.JTIPair(issuer: envelope.issuer, jti: envelope.jti)
        guard used[pair].map({ $0 * 1000 < block.header.time }) ?? true else { throw Violations(.jtiReused) }
        used[pair] = envelope.expiresAt
      } catch {
        let refusal = error.first.refusal
        throw AuditFault(
          refusal == .jtiReused ? .replay : .signature, next,
          "document \(index) may not stand in a block: \(refusal.number) \(refusal.name)")
      }
    }
    var counts: [String: Int] = [:]
    for document in admitted { counts[document.envelope.issuer, default: 0] += 1 }
    guard counts.values.allSatisfy({ $0 <= parameters.issuerQuota }) else {
      throw AuditFault(.documents, next, "more documents of one issuer than a block may have")
    }
    return admitted
  }

  private func key(_ id: KeyID) -> KeyRecord? {
    state.values[KeyRecord.key(id)].flatMap { try? KeyRecord(cbor: $0) }
  }

  // MARK: The books

  /// With more values than this the books are checked every so many heights and at the end.
  private static let smallState = 5_000
  private static let interval: UInt64 = 1_000

  private func changesBooks(_ changes: [StateChange]) -> Bool {
    guard state.values.count <= AuditReplay.smallState else { return height.isMultiple(of: AuditReplay.interval) }
    return changes.contains { $0.key[0] >= StateTable.certificate.rawValue }
  }

  /// Conservation of money, intervals that partition, nothing pledged twice: recomputed from the state's values alone.
  var booksFaults: [AuditFault] {
    let values = state.values.map { (key: $0.key, value: $0.value) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    return Invariants.findings(in: values).map {
      AuditFault(.books, height, "\($0.code.rawValue): \($0.message)")
    }
  }

  /// What the source's own latest values say otherwise.
  func differences(from stored: [StateChange]) -> [AuditFault] {
    var seen = 0
    for entry in stored {
      guard state.values[entry.key] == entry.value else {
        return [
          AuditFault(
            .storedState, height, "the stored value of state key \(hexadecimal(entry.key)) is not the recomputed one")
        ]
      }
      seen += 1
    }
    guard seen == state.values.count else {
      return [AuditFault(.storedState, height, "\(state.values.count - seen) state values are missing from the store")]
    }
    return []
  }
}
