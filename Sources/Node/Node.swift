import Contracts
import Financing
import Hummingbird
import Ledger
import LedgerStore
import Logging
import NIOCore
import NIOPosix
import Replication
import ServiceLifecycle
import Sodium
import Synchronization

/// A running validator or observer: everything in its home folder, put together.
package final class NodeRun: Sendable {
  let home: NodeHome
  let genesis: Genesis
  let configuration: NodeConfiguration
  let clock: NetworkClock
  let stages = Stages()
  let database: Database
  let chain: Chain
  let desk: DocumentDesk
  let replica: ReplicaLoop
  let network: PeerNetwork
  let roster: Roster
  let logger: Logger
  let controlToken = hexadecimal(randomBytes(32))
  private let lock: HomeLock
  private let replicaGroup: MultiThreadedEventLoopGroup
  private let networkGroup: MultiThreadedEventLoopGroup
  private let failure = Mutex<NodeFailure?>(nil)
  private let peerPort = Mutex(0)
  let isPruning = Mutex(false)

  /// Opens everything in `home` and starts nothing yet. Each failure says what to do.
  package init(home: NodeHome, passphrase: [UInt8]?, logger: Logger) throws {
    self.home = home
    self.logger = logger
    genesis = try home.readGenesis()
    configuration = try home.readConfiguration()
    if genesis.production, genesis.clock != nil {
      throw NodeFailure.configuration(path: home.genesis, "a production network has no clock of its own")
    }
    guard !genesis.production || configuration.clockOffsetMilliseconds == 0 else {
      throw NodeFailure.configuration(path: home.configuration, "a production network has no clockOffsetMilliseconds")
    }
    clock = NetworkClock(
      originMilliseconds: (genesis.clock?.origin ?? 0) * 1000, rate: genesis.clock?.rate ?? 1,
      machine: { [offset = configuration.clockOffsetMilliseconds] in NetworkClock.wall + offset })
    let transportKey = try home.readKey(home.transportKey, passphrase: passphrase)
    let me = transportKey.publicKey
    let transportIdentity = try NodeIdentity(transportKey)
    do {
      lock = try HomeLock(folder: home.path)
      try home.adoptIncoming()
      database = try Database(path: home.ledger, createIfMissing: true)
      let store = try ChainStore(database, genesis: genesis, path: home.ledger)
      chain = try Chain(genesis: genesis, store: store, stages: stages)
      roster = try Roster(chain: chain, configuration: configuration, me: me)
    } catch let failure as StorageFailure {
      throw NodeFailure.storage(failure.message)
    }
    replicaGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    networkGroup = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    let door = Door(
      network: genesis.network, store: chain.store, reading: DocumentReader(registry: .all, stages: stages),
      clock: clock,
      validitySeconds: genesis.parameters.documentValiditySeconds)
    let pool = Pool()
    let wiring = Wiring()
    let gossip = Gossip(loop: networkGroup.next(), wiring: wiring)
    do throws(StorageFailure) {
      desk = DocumentDesk(
        chain: chain, door: door, pool: pool, disclosures: try DisclosureStore(path: home.disclosures),
        otherNodes: { [roster, me = transportIdentity.key] organisation in
          roster.records.filter { $0.organisation == organisation && $0.key != me }.map(\.key)
        },
        spread: { gossip.spread($0) })
    } catch {
      throw NodeFailure.storage(error.message)
    }
    var settings = PeerSettings(listen: configuration.peerAddress, chain: genesis.chain)
    settings.protocolVersion = Header.currentProtocol
    network = try PeerNetwork(
      identity: transportIdentity, directory: PeerDirectory(roster.records), settings: settings,
      events: wiring.events(roster: roster), group: networkGroup, log: logger)
    replica = try NodeRun.replica(
      home: home, roster: roster, desk: desk, network: network, passphrase: passphrase, loop: replicaGroup.next(),
      snapshots: configuration.snapshots, failure: { wiring.stop($0) }, stages: stages, logger: logger)
    wiring.connect(self)
  }

  private static func replica(
    home: NodeHome, roster: Roster, desk: DocumentDesk, network: PeerNetwork, passphrase: [UInt8]?, loop: any EventLoop,
    snapshots: SnapshotPolicy, failure: @escaping @Sendable (NodeFailure) -> Void, stages: Stages, logger: Logger
  ) throws -> ReplicaLoop {
    let chain = desk.chain
    let head = chain.head
    let voteKeys: @Sendable () throws -> [any VoteSigning] = {
      try home.voteKeys.map { VoteKey(try home.readKey($0, passphrase: passphrase)) }
    }
    let (held, validators) = (try voteKeys(), try chain.validators(of: head.epoch).validators)
    if let own = validators.first(where: { $0.transportKey == network.key }),
      !held.contains(where: { $0.publicKey == own.voteKey })
    {
      // Says so where there is none at all.
      if held.isEmpty { _ = try home.readKey(home.voteKey, passphrase: passphrase) }
      throw NodeFailure.configuration(
        path: home.voteKey, "it is not the vote key of this validator in epoch \(head.epoch)")
    }
    if validators.contains(where: { validator in
      validator.transportKey != network.key && held.contains { $0.publicKey == validator.voteKey }
    }) {
      throw NodeFailure.configuration(
        path: home.transportKey,
        "the transport key is not the one that genesis, or a later change, names for this validator")
    }
    do {
      return try ReplicaLoop(
        loop: loop, desk: desk, network: network, roster: roster,
        voteKeys: voteKeys, storage: Replica.Storage(logFolder: home.consensus, signState: home.signState),
        incoming: home.incoming,
        snapshots: snapshots, stages: stages, logger: logger, stop: failure)
    } catch let failure as StorageFailure {
      throw NodeFailure.storage(failure.message)
    }
  }

  package struct Addresses: Sendable {
    package let peer: String
    package let http: String
  }

  /// Runs until it is told to stop or cannot go on; throws the reason in that case.
  package func run(onReady: @escaping @Sendable (Addresses) -> Void = { _ in }) async throws {
    // The machine starts before any peer can speak to it.
    await replica.start()
    let port = try await network.start()
    peerPort.withLock { $0 = port }
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(service: application(onReady), successTerminationBehavior: .gracefullyShutdownGroup),
          .init(service: Housekeeping(node: self), successTerminationBehavior: .gracefullyShutdownGroup),
        ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    var thrown: (any Error)?
    do {
      try await group.run()
    } catch {
      thrown = error
    }
    await replica.stop()
    await network.shutdown()
    try? NodeFiles.remove(home.control)
    try await networkGroup.shutdownGracefully()
    try await replicaGroup.shutdownGracefully()
    if let failure = failure.withLock({ $0 }) { throw failure }
    if let error = thrown as? IOError, error.errnoCode == EADDRINUSE {
      throw NodeFailure.portInUse(configuration.httpAddress.description)
    }
    if let thrown { throw thrown }
  }

  private func application(_ onReady: @escaping @Sendable (Addresses) -> Void) -> some Service {
    let api = API(desk: desk, registry: .all, clock: clock, operations: self)
    let address = configuration.httpAddress
    return Application(
      router: api.router(),
      server: .http1(configuration: .init(idleTimeout: .seconds(30))),
      configuration: .init(
        address: .hostname(address.host, port: address.port), serverName: "lianrong",
        availableConnectionsDelegate: .maximum(API.maximumConnections, logger: logger)),
      onServerRunning: { channel in
        let port = channel.localAddress?.port ?? address.port
        let http = "http://\(PeerRecord.Address(host: address.host, port: port))"
        let peer = PeerRecord.Address(
          host: self.configuration.peerAddress.host, port: self.peerPort.withLock { $0 })
        self.announce(http)
        onReady(Addresses(peer: peer.description, http: http))
      }, eventLoopGroupProvider: .shared(networkGroup),
      logger: Logger(label: "http", factory: { _ in SwiftLogNoOpLogHandler() }))
  }

  private func announce(_ url: String) {
    let json: JSON = ["url": .string(url), "token": .string(controlToken)]
    do {
      try NodeFiles.write(json.indented.utf8, to: home.control)
    } catch {
      logger.error(
        "control.json cannot be written: a local audit cannot ask for a checkpoint", metadata: ["error": "\(error)"])
    }
    logger.info(
      "running", metadata: ["network": "\(genesis.network)", "http": "\(url)", "height": "\(chain.head.height)"])
  }

  func stop(_ failure: NodeFailure) {
    self.failure.withLock { $0 = $0 ?? failure }
  }

  var hasFailed: Bool { failure.withLock { $0 != nil } }
}

/// What a node does by the clock: gives disclosures to the parties' nodes, and ends the process after a failure.
private struct Housekeeping: Service {
  let node: NodeRun

  func run() async {
    await cancelWhenGracefulShutdown {
      var beat = 0
      while !Task.isCancelled, !node.hasFailed {
        do {
          try await Task.sleep(for: .milliseconds(200))
        } catch {
          return
        }
        beat += 1
        if beat.isMultiple(of: 10) { node.deliverDisclosures() }
        if beat.isMultiple(of: 25) { node.remindValidators() }
        if beat.isMultiple(of: 50) { node.pruneBlocks() }
      }
    }
    node.desk.waiters.close()
  }
}
