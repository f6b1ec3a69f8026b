import Consensus
import Contracts
import DequeModule
import Financing
import Ledger
import LedgerStore
import Sodium

/// One node's part in the network, without its threads, sockets and timers: the consensus machine, its log and vote key,
/// the blocks that are not executed, and the executed chain.
///
/// It takes inputs in turns, makes them durable with one fsync of the log, and only then lets anything out (C-20). Its
/// host calls it from one place at a time; the same calls on the same disk give the same calls of the host, so that the
/// node and the simulator run the same code.
package final class Replica {
  package let chain: Chain
  let door: Door
  let pool: Pool
  let clock: NetworkClock
  let parameters: Parameters
  let checking: any SignatureChecking
  let stages: Stages
  unowned let host: any ReplicaHost

  package internal(set) var epoch: Epoch
  package internal(set) var machine: Machine
  var log: WriteAheadLog
  var signer: Signer
  let transportKey: PublicKey

  // Snapshots.
  package internal(set) var snapshots: SnapshotKeeper
  /// Heights behind its peers from which a node takes a snapshot rather than blocks; 0 for never.
  let snapshotGap: UInt64
  var syncing = Syncing()

  // The turn.
  var inbox: [Input] = []
  var outbox: [Action] = []
  var turnIsScheduled = false
  package internal(set) var hasStopped = false
  var logHasUnsynced = false
  /// The newest timer of each kind; one that was replaced wakes in vain.
  var timers: [TimerKind: UInt64] = [:]
  var armings: UInt64 = 0
  var lastIdle: Bool?

  // Blocks that are not executed yet, by digest.
  var blocks: [Digest: BlockEntry] = [:]
  /// Bodies that came unasked, by peer, oldest first: bounded, so that no peer can fill the memory.
  var unasked: [Int: [Digest]] = [:]
  var awaited: [Proposal: Verification] = [:]
  var postponedBuild: (view: UInt64, parentView: UInt64, parent: Digest)?

  // Finality and execution.
  /// The newest finalized block that was handed to execution.
  var queuedHeight: UInt64
  var queuedDigest: Digest
  /// It ends the epoch, and the next one has not begun here.
  var queuedIsBoundary: Bool
  /// The newest finalized height whose block has documents, and the newest height that a finalized header attests.
  var newestWithDocuments: UInt64
  var attested: UInt64
  var catchingUp: CatchUp?
  /// Final, and not handed to execution yet, oldest first: at most one for each view that the machine holds.
  var decided: Deque<Finality> = []
  var newestFinalization: Certificate?
  /// Digests of the last executed blocks: their bodies are in the database, valid and durable.
  var executedRecently: [(digest: Digest, proposal: Proposal?, height: UInt64)] = []
  static let rememberedBlocks = 256
  var peerStatus: [Int: (status: PeerStatus, clockOffset: Int64)] = [:]
  /// Peers for whom blocks are being read.
  var serving: Set<Int> = []
  var servingChunks: [Int: Int] = [:]
  /// Indexes of the epoch's validators among the peers.
  var indexOfPeer: [Int: Int] = [:]
  package internal(set) var evidencePool = EvidencePool()
  /// Log positions with their epochs and views, for pruning.
  var logPositions: [LogEntry.Place] = []

  /// Where a replica keeps what it may not forget beside the chain.
  package struct Storage: Sendable {
    package let logFolder: String
    package let signState: String
    package let files: any FileSystem
    package let segmentBytes: Int

    package init(
      logFolder: String, signState: String, files: any FileSystem = SystemFiles(), segmentBytes: Int = 16 << 20
    ) {
      self.logFolder = logFolder
      self.signState = signState
      self.files = files
      self.segmentBytes = segmentBytes
    }
  }

  /// Opens the log and rebuilds the machine from it.
  package init(
    host: any ReplicaHost, chain: Chain, door: Door, pool: Pool, transportKey: PublicKey, storage: Storage,
    snapshots: SnapshotPolicy = SnapshotPolicy(), stages: Stages,
    checking: any SignatureChecking = Ed25519Signatures()
  ) throws {
    self.host = host
    self.chain = chain
    self.door = door
    self.pool = pool
    self.stages = stages
    self.checking = checking
    self.transportKey = transportKey
    self.snapshots = SnapshotKeeper(interval: snapshots.interval)
    snapshotGap = snapshots.gap
    clock = door.clock
    parameters = chain.genesis.parameters

    let head = chain.head
    queuedHeight = head.height
    queuedDigest = head.block
    queuedIsBoundary = false
    attested = head.attested
    newestWithDocuments = try Replica.newestWithDocuments(chain, head)

    let oldest =
      head.height >= UInt64(Replica.rememberedBlocks) ? head.height - UInt64(Replica.rememberedBlocks) + 1 : 0
    for height in oldest...head.height {
      if let leaf = try chain.store.leaf(at: height) {
        executedRecently.append((leaf.block, try chain.store.finality(at: height)?.proposal, height))
      }
    }

    epoch = try Epoch(chain, head, transportKey: transportKey)
    log = try WriteAheadLog(folder: storage.logFolder, segmentBytes: storage.segmentBytes, files: storage.files)
    signer = try Signer(
      chain: chain.genesis.chain, file: SignStateFile(path: storage.signState, files: storage.files),
      logIsEmpty: log.nextSequence == 1)
    try signer.begin(epoch, keys: host.voteKeys())
    let replayed = try LogEntry.replay(log, epoch: epoch.number)
    logPositions = replayed.positions
    machine = Machine(
      configuration: epoch.configuration(parameters, votes: signer.canVote, asksFirst: true),
      replaying: replayed.records,
      floor: try Replica.floor(chain, head), signState: signer.rules)
    for block in replayed.bodies where block.header.height > head.height {
      var entry = BlockEntry(block: block)
      entry.isLogged = true
      blocks[block.digest] = entry
    }
    for evidence in try chain.store.pendingEvidence() { _ = evidencePool.insert(evidence) }
  }

  /// The newest executed block with a finalization of its own, or the end of the epoch before.
  private static func floor(_ chain: Chain, _ head: ChainHead) throws -> Machine.Floor {
    let start = Machine.Floor(view: 0, payload: head.block, finalization: nil)
    guard !head.endsEpoch, head.height > 0 else { return start }
    var height = head.height
    while height > 0, let block = try chain.store.finalizedBlock(at: height) {
      if block.block.header.endsEpoch, block.block.header.epoch < head.epoch {
        return Machine.Floor(view: 0, payload: block.block.digest, finalization: nil)
      }
      if let certificate = block.finality.certificate {
        return Machine.Floor(view: block.finality.proposal.view, payload: block.block.digest, finalization: certificate)
      }
      height -= 1
    }
    guard height > 0 else { return Machine.Floor(view: 0, payload: chain.genesis.chain, finalization: nil) }
    // Older blocks are not here: the head is final by what a snapshot was proved with.
    return Machine.Floor(view: head.view, payload: head.block, finalization: nil)
  }

  /// After a restart: is the result of the newest documents attested yet? (C-14)
  private static func newestWithDocuments(_ chain: Chain, _ head: ChainHead) throws -> UInt64 {
    var height = head.height
    while height > head.attested {
      if let outcomes = try chain.store.outcomes(at: height), !outcomes.isEmpty { return height }
      height -= 1
    }
    return height
  }

  package func start() {
    findValidators()
    if case .suspended = machine.voting {
      host.log(
        .warning,
        """
        votes are suspended (C-23): the sign state is missing or cannot be trusted. They resume after a finalization of the \
        others; a validator that has never voted is started with --first-start in a fresh folder
        """, [:])
    }
    feed(.start)
    reportStatus()
  }

  package func stop() { hasStopped = true }

  /// Ends the node: nothing more is signed, sent or reported.
  func fail(_ failure: NodeFailure) {
    guard !hasStopped else { return }
    host.log(.critical, "\(failure)", [:])
    stop()
    host.stopped(failure)
  }

  // MARK: Time

  package enum Wake: Equatable, Sendable {
    case turn
    /// The last number is `armings` of the time: only the newest of a kind counts.
    case timer(Consensus.Timer, UInt64)
    case retry(Digest)
    case status
  }

  package func wake(_ wake: Wake) {
    guard !hasStopped else { return }
    switch wake {
    case .turn: turn()
    case .timer(let timer, let arming): if timers[timer.kind] == arming { feed(.timer(timer)) }
    case .retry(let digest): retry(digest)
    case .status: reportStatus()
    }
  }

  package func finished(_ work: Finished) {
    guard !hasStopped else { return }
    switch work {
    case .check(let digest, let result): checked(digest, result)
    case .execution(.success(let block)): executed(block)
    case .answer(.success(let blocks), let peer): served(blocks, to: peer)
    case .history(.success(let blocks), let peer): served(history: blocks, to: peer)
    case .chunk(.success(let answer), let request, let peer): served(answer, to: request, for: peer)
    case .execution(.failure(let failure)), .answer(.failure(let failure), _), .history(.failure(let failure), _),
      .chunk(.failure(let failure), _, _):
      fail(failure)
    }
  }
}

/// One timer of each kind runs at most.
enum TimerKind: Hashable {
  case leader, view, retry, idle
}

extension Consensus.Timer {
  var kind: TimerKind {
    switch self {
    case .leader: .leader
    case .view: .view
    case .retry: .retry
    case .idle: .idle
    }
  }
}
