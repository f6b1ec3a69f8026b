import Contracts
import Foundation
import Ledger
import Sodium

extension NodeRun: NodeOperations {
  var isReady: Bool {
    get async {
      let connected = network.peers.filter { $0.isConnected && $0.record.isValidator }.count
      let own = roster.validatorIndex == nil ? 0 : 1
      return connected + own >= genesis.validators.quorum
    }
  }

  var status: JSON {
    get async {
      let head = chain.head
      let view = await replica.machine.currentView
      let voting = await replica.machine.voting
      let heights = await replica.peerHeights
      let (waiting, bytes) = desk.pool.size
      let counters = network.counters
      return [
        "network": .string(genesis.network), "organisation": .string(roster.organisation),
        "role": .string(roster.validatorIndex == nil ? "observer" : "validator"),
        "height": .integer(Int64(head.height)), "attested": .integer(Int64(head.provable)),
        "stateRoot": .string("\(head.stateRoot)"), "block": .string("\(head.block)"), "time": .integer(clock.now),
        "clockRate": .integer(clock.rate), "view": .integer(Int64(view)),
        "leader": .string(genesis.validators.validators[genesis.validators.leader(of: view)].organisation),
        "voting": .string(voting == .normal ? "normal" : "\(voting)"),
        "pool": ["documents": .integer(Int64(waiting)), "bytes": .integer(Int64(bytes))],
        "peers": .array(
          network.peers.map { peer in
            let status = roster.number(of: peer.record.key).flatMap { heights[$0] }
            return [
              "organisation": .string(peer.record.organisation),
              "role": .string(peer.record.isValidator ? "validator" : "observer"),
              "connected": .bool(peer.isConnected),
              "height": status.map { .integer(Int64(clamping: $0.height)) } ?? .null,
            ]
          }),
        "refused": [
          "unknownKeys": .integer(Int64(counters.refusedUnknownKey)),
          "otherChains": .integer(Int64(counters.refusedChain)), "badFrames": .integer(Int64(counters.badFrames)),
          "floods": .integer(Int64(counters.floods)), "timeouts": .integer(Int64(counters.timeouts)),
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

  func forgetDisclosures(of document: Digest) throws { try desk.disclosures.forget(document) }

  /// A copy of the ledger as it is now, for another process to open.
  func checkpoint() async throws -> String {
    let path = "\(home.checkpoints)/\(chain.head.height)-\(NetworkClock.wall)"
    try FileManager.default.createDirectory(atPath: home.checkpoints, withIntermediateDirectories: true)
    _ = try chain.store.database.copy(to: path)
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
