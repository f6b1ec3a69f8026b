import Consensus
import Contracts
import Financing
import Ledger
import LedgerStore
import Replication
import Sodium

/// One process: what a crash loses hangs on `life`, what it keeps on the disk.
final class SimulatedNode {
  let index: Int
  /// Its place among the validators of the first epoch, by which its peers know it; twins share one.
  let validator: Int
  unowned let cluster: Cluster
  let power = VirtualPower()
  let files: VirtualFiles
  let store: VirtualStore
  let clock = VirtualClock()
  var life: Life?
  /// Timers and answers of an earlier life are void.
  var lives = 0
  var pausedUntil: Int64 = 0
  var deferred: [Cluster.Event] = []
  var isResuming = false
  var executionEnds: Int64 = 0
  /// How long execution takes at most, in milliseconds.
  var executionDelay = 4
  var adversary: (any Adversary)?
  /// Its disk was wiped, rotted or put back: like a liar, it counts among the f.
  var isFrail = false
  /// An old backup was put back, so that the key may contradict itself until C-23 stops it.
  var keyIsTainted = false
  var backup: Backup?
  var isRestarting = false
  /// A snapshot of others that is being fetched.
  var incoming: VirtualStore?
  /// What it has told anyone: the newest executed height.
  var reported: UInt64 = 0
  /// For planted faults: what it has said, and in which life it said it first.
  var said: [Message: Int] = [:]
  var spoken: [Message] = []

  struct Backup {
    let files: VirtualFiles
    let store: VirtualStore
  }

  /// What lives in memory.
  struct Life {
    let replica: Replica
    let chain: Chain
    let door: Door
    let pool: Pool
    var failure: NodeFailure?
  }

  static let log = "home/consensus"
  static let signState = "home/sign-state"

  init(_ index: Int, validator: Int, in cluster: Cluster) {
    self.index = index
    self.validator = validator
    self.cluster = cluster
    files = VirtualFiles(power)
    store = VirtualStore(power)
  }

  var isLiar: Bool { adversary != nil }
  /// Its word counts: neither a liar nor a twin.
  var isHonest: Bool { adversary == nil && !cluster.twins.contains(index) }
  var head: ChainHead? { life?.chain.head }

  // MARK: Starting

  /// A new node's disk: an empty chain, and a sign state that says that nothing was signed.
  func prepare() throws {
    store.restore(cluster.library.blank)
    try writeFreshSignState()
  }

  func writeFreshSignState() throws {
    var file = SignStateFile(path: SimulatedNode.signState, files: files)
    try file.replace(VotingRules().cbor)
  }

  func start() throws {
    let library = cluster.library
    let genesis = library.genesis
    let stages = cluster.stages
    let chain = try Chain(genesis: genesis, store: ChainStore(store, genesis: genesis), stages: stages)
    let clock = clock.networkClock(rate: Cast.clockRate)
    let door = Door(
      network: genesis.network, store: chain.store, reading: library.reader, clock: clock,
      validitySeconds: genesis.parameters.documentValiditySeconds)
    let pool = Pool()
    let validators = genesis.validators.validators
    let replica = try Replica(
      host: self, chain: chain, door: door, pool: pool,
      transportKey: validators[validator].transportKey,
      storage: Replica.Storage(
        logFolder: SimulatedNode.log, signState: SimulatedNode.signState,
        files: files, segmentBytes: 16 << 10),
      snapshots: SnapshotPolicy(interval: 32, gap: 64),
      stages: stages, checking: cluster.checking)
    lives += 1
    executionEnds = 0
    life = Life(replica: replica, chain: chain, door: door, pool: pool, failure: nil)
    replica.start()
  }
}

extension SimulatedNode: ReplicaHost {
  func send(_ message: [UInt8], on channel: PeerChannel, to peer: Int) {
    guard passes(message, channel) else { return }
    cluster.post(Parcel(bytes: message, channel: channel), from: self, to: peer)
  }

  func broadcast(_ message: [UInt8], on channel: PeerChannel) {
    guard passes(message, channel) else { return }
    let parcel = Parcel(bytes: message, channel: channel)
    for peer in 0..<cluster.validators where peer != validator { cluster.post(parcel, from: self, to: peer) }
  }

  /// What an honest node says is looked at; what a planted fault keeps back is not said.
  private func passes(_ message: [UInt8], _ channel: PeerChannel) -> Bool {
    guard channel == .consensus, isHonest, let decoded = try? Message(cbor: message) else { return true }
    if let planted = cluster.options.planted, !planted.passes(decoded, from: self) { return false }
    cluster.checkers.sent(decoded, by: self, cluster)
    return true
  }

  func peer(with transportKey: PublicKey) -> Int? {
    let peer = cluster.peers[transportKey]
    return peer == validator ? nil : peer
  }

  func voteKeys() -> [any VoteSigning] {
    cluster.library.voteKeys[validator].map { VirtualKey(publicKey: $0) }
  }

  func wake(_ wake: Replica.Wake, in milliseconds: Int64) {
    cluster.schedule(.wake(wake, node: index, life: lives), in: milliseconds)
  }

  func run(_ work: Replica.Work) {
    var delay = Int64(cluster.generator.below(4))
    if case .execute = work {
      let begin = max(cluster.now, executionEnds)
      executionEnds = begin + Int64(cluster.generator.below(executionDelay + 1))
      delay = executionEnds - cluster.now
    }
    cluster.schedule(.work(WorkBox(work), node: index, life: lives), in: delay)
  }

  func finalized(_ block: FinalizedBlock, _ documents: [AdmittedDocument]) {
    cluster.observeFinalized(block, by: self)
  }

  func executed(_ head: ChainHead, _ documents: [AdmittedDocument], _ outcomes: [OutcomeRecord]) {
    cluster.observeExecuted(head, documents, outcomes, by: self)
  }

  func incomingStore() -> (any KeyValueStore)? { incoming }

  func emptyIncomingStore() -> (any KeyValueStore)? {
    incoming = VirtualStore(power)
    return incoming
  }

  func stopped(_ failure: NodeFailure) { life?.failure = failure }

  func log(_ level: LogLevel, _ message: String, _ facts: KeyValuePairs<String, String>) {
    if let trace = cluster.trace { trace("\(cluster.now) node \(index) \(level): \(message) \(facts)") }
  }
}

/// Work waits on the heap, so that events stay small.
final class WorkBox {
  let work: Replica.Work
  init(_ work: Replica.Work) { self.work = work }
}

/// A message on its way.
struct Parcel {
  var bytes: [UInt8]
  let channel: PeerChannel
}
