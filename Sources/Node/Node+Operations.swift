import Contracts
import Foundation
import Ledger
import Replication
import Sodium

extension NodeRun: NodeOperations {
  var isReady: Bool {
    get async {
      let connected = network.peers.filter { $0.isConnected && $0.record.isValidator }.count
      let own = roster.validatorIndex == nil ? 0 : 1
      guard let validators = try? chain.validators(of: chain.head.epoch) else { return false }
      return connected + own >= validators.quorum
    }
  }

  var status: JSON {
    get async {
      let head = chain.head
      let seen = await replica.look { ReplicaStatus($0) }
      let validators = seen.epoch.validators.validators
      let diagnosis = diagnosis(seen, head)
      let (waiting, bytes) = desk.pool.size
      func organisations(_ bits: UInt32) -> JSON {
        .array(validators.indices.filter { bits & 1 << UInt32($0) != 0 }.map { .string(validators[$0].organisation) })
      }
      let standing = seen.standing
      let voted = standing.notarized | standing.nullified | standing.finalized
      return [
        "network": .string(genesis.network), "organisation": .string(roster.organisation),
        "role": .string(roster.validatorIndex == nil ? "observer" : "validator"),
        "height": .integer(Int64(head.height)), "attested": .integer(Int64(head.provable)),
        "stateRoot": .string("\(head.stateRoot)"), "block": .string("\(head.block)"), "time": .integer(clock.now),
        "clockRate": .integer(clock.rate), "epoch": .integer(Int64(seen.epoch.number)),
        "view": .integer(Int64(standing.view)), "leader": .string(validators[standing.leader].organisation),
        "voting": .string("\(diagnosis.voting)"), "cause": diagnosis.cause.map { .string($0) } ?? .null,
        "moving": .bool(diagnosis.isMoving || diagnosis.isQuiet), "quiet": .bool(diagnosis.isQuiet),
        "lastFinalization": [
          "height": .integer(Int64(seen.finalizedHeight)), "view": .integer(Int64(standing.finalizedView)),
          "secondsAgo": .integer(diagnosis.secondsSinceFinalization),
        ],
        "votes": [
          "proposal": .string(standing.block.rawValue), "notarized": organisations(standing.notarized),
          "nullified": organisations(standing.nullified), "finalized": organisations(standing.finalized),
          "missing": organisations(~voted), "quorum": .integer(Int64(seen.epoch.validators.quorum)),
        ],
        "pool": ["documents": .integer(Int64(waiting)), "bytes": .integer(Int64(bytes))],
        "evidence": ["pending": .integer(Int64(seen.evidence.count))],
        "snapshot": [
          "newest": seen.snapshot.map { .integer(Int64($0)) } ?? .null,
          "fetching": seen.fetching.map {
            ["height": .integer(Int64($0.height)), "millionths": .integer(Int64($0.millionths))]
          } ?? .null,
        ],
        "peers": .array(peerStates(seen)),
        "refused": refused,
        "disk": [
          "free": DiskUse.free(home.path).map { .integer($0) } ?? .null,
          "ledger": .integer(DiskUse.size(of: home.ledger)), "consensus": .integer(DiskUse.size(of: home.consensus)),
          "oldestHeight": .integer(Int64((try? chain.store.oldestHeight()) ?? 0)),
        ],
        "stages": .object(
          stages.snapshot.map { stage in
            .init(
              "\(stage.stage)",
              ["microseconds": .integer(Int64(stage.microseconds)), "items": .integer(Int64(stage.items))])
          }),
      ]
    }
  }

  private var refused: JSON {
    let counters = network.counters
    return [
      "unknownKeys": .integer(Int64(counters.refusedUnknownKey)),
      "otherChains": .integer(Int64(counters.refusedChain)), "badFrames": .integer(Int64(counters.badFrames)),
      "floods": .integer(Int64(counters.floods)), "timeouts": .integer(Int64(counters.timeouts)),
    ]
  }

  private func peerStates(_ seen: ReplicaStatus) -> [JSON] {
    network.peers.map { peer in
      let status = roster.number(of: peer.record.key).flatMap { seen.peers[$0] }
      return [
        "organisation": .string(peer.record.organisation),
        "role": .string(peer.record.isValidator ? "validator" : "observer"), "connected": .bool(peer.isConnected),
        "height": status.map { .integer(Int64(clamping: $0.status.height)) } ?? .null,
        "epoch": status.map { .integer(Int64(clamping: $0.status.epoch)) } ?? .null,
        "view": status.map { .integer(Int64(clamping: $0.status.view)) } ?? .null,
        "clockOffsetMilliseconds": status.map { .integer($0.clockOffset) } ?? .null,
        "roundTripMicroseconds": peer.roundTrip.map { .integer(Int64($0 / .microseconds(1))) } ?? .null,
      ]
    }
  }

  private func diagnosis(_ seen: ReplicaStatus, _ head: ChainHead) -> Diagnosis {
    let standing = seen.standing
    let voted = standing.notarized | standing.nullified | standing.finalized
    let states = network.peers
    let peers = seen.epoch.validators.validators.enumerated().compactMap { index, validator -> Diagnosis.Peer? in
      guard index != seen.epoch.me else { return nil }
      let status = roster.number(of: validator.transportKey).flatMap { seen.peers[$0] }
      return Diagnosis.Peer(
        organisation: validator.organisation,
        isConnected: states.first { $0.record.key == validator.transportKey }?.isConnected ?? false,
        height: status?.status.height, epoch: status?.status.epoch, clockOffset: status?.clockOffset,
        hasVoted: voted & 1 << UInt32(index) != 0)
    }
    var diagnosis = Diagnosis(peers: peers, quorum: seen.epoch.validators.quorum)
    diagnosis.voting =
      switch seen.voting {
      case _ where seen.epoch.me == nil: .observer
      case .normal: .normal
      case .asking: .asking
      case .suspended: .suspended
      case .stopped: .stopped
      }
    diagnosis.height = head.height
    diagnosis.epoch = seen.epoch.number
    diagnosis.isQuiet = standing.isQuiet && desk.pool.isEmpty
    diagnosis.secondsSinceFinalization = replica.secondsSinceFinalization
    diagnosis.leader = seen.epoch.validators.validators[standing.leader].organisation
    diagnosis.leaderHasProposed = standing.proposal != nil
    diagnosis.isWaitingForBlock = standing.block == .notYet
    diagnosis.clockDriftMilliseconds = genesis.parameters.clockDriftMilliseconds
    diagnosis.freeBytes = DiskUse.free(home.path)
    diagnosis.isFetchingSnapshot = seen.fetching != nil
    return diagnosis
  }

  /// C-42, beside everything else, and once at a time.
  func pruneBlocks() {
    guard let keep = configuration.keepBlocks,
      isPruning.withLock({ isPruning in
        defer { isPruning = true }
        return !isPruning
      })
    else { return }
    Task.detached(priority: .background) { [self] in
      do {
        if try chain.prune(keeping: keep) {
          let oldest = try chain.store.oldestHeight()
          logger.info("old blocks were removed", metadata: ["oldest": "\(oldest)"])
        }
      } catch {
        logger.error("old blocks cannot be removed", metadata: ["error": "\(error)"])
      }
      isPruning.withLock { $0 = false }
    }
  }

  var waitingEvidence: [Evidence] {
    get async { await replica.look { $0.evidencePool.waiting } }
  }

  func forgetDisclosures(of document: Digest) throws { try desk.disclosures.forget(document) }

  /// A copy of the ledger as it is now, for another process to open.
  func checkpoint() async throws -> String {
    let path = "\(home.checkpoints)/\(chain.head.height)-\(NetworkClock.wall)"
    try FileManager.default.createDirectory(atPath: home.checkpoints, withIntermediateDirectories: true)
    _ = try database.copy(to: path)
    return path
  }
}

enum NodeFiles {
  /// Readable by the owner alone.
  static func write(_ bytes: some Collection<UInt8>, to path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
    else { throw NodeFailure.configuration(path: path, "it cannot be written") }
  }

  static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }
}
