import Consensus
import Contracts
import Financing
import Ledger
import LedgerStore
import Logging
import NIOCore
import Sodium

/// How a replica reaches other nodes. Peers are numbers: validators their index, observers 31 and up.
protocol Transport: Sendable {
  func send(_ bytes: [UInt8], on channel: PeerChannel, to peer: Int)
  func broadcast(_ bytes: [UInt8], on channel: PeerChannel)
}

/// What the rest of the node learns from its replica.
protocol ReplicaObserver: Sendable {
  /// Durable here and final everywhere; execution follows.
  func finalized(_ block: FinalizedBlock, _ documents: [AdmittedDocument])
  func executed(_ head: ChainHead, _ documents: [AdmittedDocument], _ outcomes: [OutcomeRecord])
  /// The node cannot go on: it must end with this failure.
  func stopped(_ failure: NodeFailure)
}

/// The shell around the consensus machine: one event loop that takes inputs in turns, makes them durable with one
/// fsync of
/// the log, and only then lets anything out (C-20). It decides no rule.
actor Replica {
  nonisolated let loop: any EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

  let chain: Chain
  let door: Door
  let pool: Pool
  let clock: NetworkClock
  let parameters: Parameters
  let transport: any Transport
  let observer: any ReplicaObserver
  let stages: Stages
  let logger: Logger

  var machine: Machine
  var log: WriteAheadLog
  var signer: Signer?

  // The turn.
  var inbox: [Input] = []
  var outbox: [Action] = []
  var turnIsScheduled = false
  var hasStopped = false
  var logHasUnsynced = false
  var timers: [Consensus.Timer.Kind: Scheduled<Void>] = [:]
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
  var queuedView: UInt64
  let executions: AsyncStream<ExecutionItem>.Continuation
  private let executionItems: AsyncStream<ExecutionItem>
  /// The newest finalized height whose block has documents, and the newest height that a finalized header attests.
  var newestWithDocuments: UInt64
  var attested: UInt64
  var catchingUp: CatchUp?
  /// Digests of the last executed blocks: their bodies are in the database, valid and durable.
  var executedRecently: [(digest: Digest, proposal: Proposal?, height: UInt64)] = []
  static let rememberedBlocks = 256
  var peerHeights: [Int: PeerStatus] = [:]
  /// Peers for whom blocks are being read.
  var serving: Set<Int> = []
  /// Log positions with their views, for pruning.
  var logPositions: [(view: UInt64, position: WriteAheadLog.Position)] = []

  struct ExecutionItem: Sendable {
    let finalized: FinalizedBlock
    /// Nil after a restart or when fetched by height: verified before execution.
    let admitted: [AdmittedDocument]?
  }

  /// Who this node is among the validators, and the key with which it votes; neither, for an observer.
  struct Identity: ~Copyable {
    let index: Int?
    private var signer: Signer?

    init() {
      index = nil
      signer = nil
    }

    init(index: Int, signer: consuming Signer) {
      self.index = index
      self.signer = consume signer
    }

    mutating func takeSigner() -> Signer? { signer.take() }
  }

  /// Opens the log and rebuilds the machine from it.
  init(
    loop: any EventLoop, chain: Chain, door: Door, pool: Pool, transport: any Transport, observer: any ReplicaObserver,
    logFolder: String, identity: consuming Identity, stages: Stages, logger: Logger
  ) throws {
    self.loop = loop
    self.chain = chain
    self.door = door
    self.pool = pool
    self.transport = transport
    self.observer = observer
    self.stages = stages
    self.logger = logger
    clock = door.clock
    parameters = chain.genesis.parameters
    (executionItems, executions) = AsyncStream.makeStream()

    let head = chain.head
    queuedHeight = head.height
    queuedDigest = head.block
    queuedView = head.view
    attested = head.attested
    newestWithDocuments = try Replica.newestWithDocuments(chain, head)

    let oldest =
      head.height >= UInt64(Replica.rememberedBlocks) ? head.height - UInt64(Replica.rememberedBlocks) + 1 : 0
    for height in oldest...head.height {
      if let leaf = try chain.store.leaf(at: height) {
        executedRecently.append((leaf.block, try chain.store.finality(at: height)?.proposal, height))
      }
    }

    log = try WriteAheadLog(folder: logFolder)
    let replayed = try LogEntry.replay(log)
    logPositions = replayed.positions
    for block in replayed.bodies where block.header.height > head.height {
      var entry = BlockEntry(block: block)
      entry.isLogged = true
      blocks[block.digest] = entry
    }
    let index = identity.index
    signer = identity.takeSigner()
    machine = Machine(
      configuration: Machine.Configuration(
        validators: chain.genesis.validators, me: index, delta: parameters.deltaMilliseconds,
        retryInterval: max(200, parameters.deltaMilliseconds), idleInterval: parameters.idleIntervalMilliseconds),
      replaying: replayed.records, floor: try Replica.floor(chain, head), signState: signer?.rules)
  }

  /// The newest executed block with a finalization of its own.
  private static func floor(_ chain: Chain, _ head: ChainHead) throws -> Machine.Floor {
    var height = head.height
    while height > 0, let block = try chain.store.finalizedBlock(at: height) {
      if let certificate = block.finality.certificate {
        return Machine.Floor(view: block.finality.proposal.view, payload: block.block.digest, finalization: certificate)
      }
      height -= 1
    }
    return Machine.Floor(view: 0, payload: chain.genesis.chain, finalization: nil)
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

  func start() {
    Task { await self.executeItems(executionItems) }
    if machine.configuration.me != nil, machine.voting != .normal {
      logger.warning(
        """
        votes are suspended (C-23): the sign state is missing or cannot be trusted. They resume after a finalization of the \
        others; a validator that has never voted is started with --first-start in a fresh folder
        """)
    }
    feed(.start)
    reportStatus()
  }

  func stop() {
    hasStopped = true
    for timer in timers.values { timer.cancel() }
    executions.finish()
  }

  /// Ends the node: nothing more is signed, sent or reported.
  func fail(_ failure: NodeFailure) {
    guard !hasStopped else { return }
    logger.critical("\(failure)")
    stop()
    observer.stopped(failure)
  }
}

extension Consensus.Timer {
  /// One timer of each kind runs at most.
  enum Kind: Hashable {
    case leader, view, retry, idle
  }

  var kind: Kind {
    switch self {
    case .leader: .leader
    case .view: .view
    case .retry: .retry
    case .idle: .idle
    }
  }
}
