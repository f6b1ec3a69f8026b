import Consensus
import Contracts
import Foundation
import Ledger
import LedgerStore
import Logging
import NIOCore
import Replication
import Sodium
import Synchronization

/// Runs a replica on one event loop; what takes long runs beside it, on Swift's threads.
actor ReplicaLoop {
  nonisolated let loop: any EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }
  private nonisolated let lastFinalized = Mutex(ContinuousClock.now)
  private let replica: Replica
  private let host: Host
  private let executionItems: AsyncStream<ExecutionWork>

  init(
    loop: any EventLoop, desk: DocumentDesk, network: PeerNetwork, roster: Roster,
    voteKeys: @escaping @Sendable () throws -> [any VoteSigning], storage: Replica.Storage, incoming: String,
    snapshots: SnapshotPolicy, stages: Stages, logger: Logger, stop: @escaping @Sendable (NodeFailure) -> Void
  ) throws {
    self.loop = loop
    let (items, executions) = AsyncStream<ExecutionWork>.makeStream()
    executionItems = items
    host = Host(
      loop: loop, desk: desk, network: network, roster: roster, executions: executions, voteKeys: voteKeys,
      incoming: incoming, logger: logger, stop: stop)
    replica = try Replica(
      host: host, chain: desk.chain, door: desk.door, pool: desk.pool, transportKey: network.key, storage: storage,
      snapshots: snapshots, stages: stages)
    host.owner = self
  }

  func start() {
    Task { await self.execute(executionItems) }
    replica.start()
  }

  func stop() {
    replica.stop()
    host.executions.finish()
  }

  /// From any thread: `body` runs on the loop, soon.
  nonisolated func perform(_ body: @escaping @Sendable (Replica) -> Void) {
    loop.execute { self.assumeIsolated { body($0.replica) } }
  }

  /// What `body` finds.
  func look<T: Sendable>(_ body: (Replica) -> T) -> T { body(replica) }

  nonisolated var secondsSinceFinalization: Int64 {
    (ContinuousClock.now - lastFinalized.withLock { $0 }).components.seconds
  }

  private func finished(_ work: Replica.Finished) { replica.finished(work) }

  /// Finalized blocks in order, beside the loop.
  private nonisolated func execute(_ items: AsyncStream<ExecutionWork>) async {
    for await item in items {
      let result = item.admitted == nil ? item.run(checked: await item.check.runInParallel()) : item.run()
      await finished(.execution(result))
      if case .failure = result { return }
    }
  }

  private final class Host: ReplicaHost {
    weak var owner: ReplicaLoop?
    let loop: any EventLoop
    let desk: DocumentDesk
    let network: PeerNetwork
    let roster: Roster
    let executions: AsyncStream<ExecutionWork>.Continuation
    let keys: @Sendable () throws -> [any VoteSigning]
    let incoming: String
    let logger: Logger
    let stop: @Sendable (NodeFailure) -> Void

    init(
      loop: any EventLoop, desk: DocumentDesk, network: PeerNetwork, roster: Roster,
      executions: AsyncStream<ExecutionWork>.Continuation,
      voteKeys: @escaping @Sendable () throws -> [any VoteSigning], incoming: String, logger: Logger,
      stop: @escaping @Sendable (NodeFailure) -> Void
    ) {
      self.loop = loop
      self.desk = desk
      self.network = network
      self.roster = roster
      self.executions = executions
      self.keys = voteKeys
      self.incoming = incoming
      self.logger = logger
      self.stop = stop
    }

    func send(_ message: [UInt8], on channel: PeerChannel, to peer: Int) {
      if let key = roster.key(of: peer) { network.send(message, on: channel, to: key) }
    }

    func broadcast(_ message: [UInt8], on channel: PeerChannel) {
      network.broadcast(message, on: channel, to: .all)
    }

    func peer(with transportKey: PublicKey) -> Int? { roster.number(of: transportKey) }

    func voteKeys() -> [any VoteSigning] {
      do {
        return try keys()
      } catch {
        logger.error("the vote key cannot be read: this node follows without a vote", metadata: ["error": "\(error)"])
        return []
      }
    }

    func wake(_ wake: Replica.Wake, in milliseconds: Int64) {
      guard let owner else { return }
      if milliseconds == 0 {
        owner.perform { $0.wake(wake) }
      } else {
        loop.scheduleTask(in: .milliseconds(milliseconds)) { [weak owner] in
          owner?.assumeIsolated { $0.replica.wake(wake) }
        }
      }
    }

    func run(_ work: Replica.Work) {
      guard let owner else { return }
      switch work {
      case .execute(let execution): executions.yield(execution)
      case .check(let check):
        Task { await owner.finished(.check(check.block.digest, await check.runInParallel())) }
      case .answer, .history, .chunk: Task.detached { await owner.finished(work.run()) }
      }
    }

    func finalized(_ block: FinalizedBlock, _ documents: [AdmittedDocument]) { desk.finalized(block, documents) }

    func executed(_ head: ChainHead, _ documents: [AdmittedDocument], _ outcomes: [OutcomeRecord]) {
      owner?.lastFinalized.withLock { $0 = .now }
      desk.executed(head, documents)
      // The validators and observers may be others now.
      guard head.endsEpoch || documents.contains(where: { $0.act.permission(for: "") == .governance }) else { return }
      do {
        if try roster.update(desk.chain) { network.replaceDirectory(PeerDirectory(roster.records)) }
      } catch {
        stop(.damaged("\(error)"))
      }
    }

    func stopped(_ failure: NodeFailure) { stop(failure) }

    func incomingStore() -> (any KeyValueStore)? { try? Database(path: incoming, createIfMissing: false) }

    func emptyIncomingStore() -> (any KeyValueStore)? {
      do {
        if FileManager.default.fileExists(atPath: incoming) { try FileManager.default.removeItem(atPath: incoming) }
        return try Database(path: incoming, createIfMissing: true)
      } catch {
        logger.error("a snapshot cannot be begun", metadata: ["error": "\(error)"])
        return nil
      }
    }

    func log(_ level: LogLevel, _ message: String, _ facts: KeyValuePairs<String, String>) {
      var metadata: Logger.Metadata = [:]
      for (name, value) in facts { metadata[name] = .string(value) }
      let level: Logger.Level =
        switch level {
        case .info: .info
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
      logger.log(level: level, "\(message)", metadata: metadata)
    }
  }
}

extension BlockCheck {
  /// As `run`, with the signatures that are not known yet checked on all cores.
  func runInParallel() async -> Result {
    let start = ContinuousClock.now
    defer { stages.add(.check, since: start, items: block.documents.count) }
    do {
      var documents = try known()
      let missing = documents.indices.filter { documents[$0] == nil }
      let chunk = 32
      try await withThrowingTaskGroup(of: [(Int, AdmittedDocument)].self) { group in
        for start in stride(from: 0, to: missing.count, by: chunk) {
          let indexes = missing[start..<min(start + chunk, missing.count)]
          group.addTask { try indexes.map { ($0, try checked($0)) } }
        }
        for try await checked in group {
          for (index, document) in checked { documents[index] = document }
        }
      }
      let all = documents.map { $0! }
      return judged { all }
    } catch {
      return judged { throw error }
    }
  }
}
