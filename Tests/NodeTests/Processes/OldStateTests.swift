import Client
import Consensus
import Foundation
import Ledger
import LedgerStore
import Node
import Testing

extension ProcessTests {
  /// C-23: whatever an operator puts back, copies or loses, one key signs no two votes that contradict each other, and
  /// the others go on.
  @Suite("A validator that comes back with old state") struct OldStateTests {
    @Test("Its whole home is an old backup, and the others are still in a view in which it has voted") func stuckView()
      async throws
    {
      try await TestNetwork.with(.whole) { network in
        let scene = try await Scene(network)
        try await scene.voteInVain()
        network.kill([scene.victim])
        try scene.putBack(scene.victim)
        try network.start([scene.victim])
        try await network.waitUntilLive(scene.victim)
        // Whoever could contradict it comes first, and then enough to go on without it.
        try network.start([scene.absent[0]])
        try await network.waitUntilReady([scene.victim, scene.partner, scene.absent[0]])
        try network.start([scene.absent[1]])
        try await scene.goesOn()
      }
    }

    @Test("It is wiped but for its keys, all others were restarted too, and they are in a view in which it has voted")
    func wipedInStuckView() async throws {
      try await TestNetwork.with(.whole) { network in
        let scene = try await Scene(network)
        try await scene.voteInVain()
        network.kill([scene.victim, scene.partner])
        try scene.setAside(scene.victim)
        let home = network.home(scene.victim)
        for path in [home.ledger, home.consensus, home.signState] { try FileManager.default.removeItem(atPath: path) }
        try network.start([scene.victim, scene.partner, scene.absent[0]])
        try await network.waitUntilReady([scene.victim, scene.partner, scene.absent[0]])
        try network.start([scene.absent[1]])
        try await scene.goesOn()
      }
    }

    @Test("Its whole home is an old backup, and the others have gone on") func backup() async throws {
      try await TestNetwork.with(.whole) { network in
        let scene = try await Scene(network)
        // The one whose turn it is in the old view: at the start it has every reason to propose there again.
        network.kill([scene.leaderOfBackup])
        try scene.putBack(scene.leaderOfBackup)
        try network.start([scene.leaderOfBackup])
        try await scene.goesOn()
      }
    }

    /// A part of the home, and whether it is replaced by its backup or removed.
    enum Part: Sendable, CaseIterable {
      case oldSignState, noSignState, oldLog, noLog
    }

    @Test("A part of its home is old or gone", arguments: Part.allCases) func part(_ part: Part) async throws {
      try await TestNetwork.with(.whole) { network in
        let scene = try await Scene(network)
        let victim = scene.leaderOfBackup
        network.kill([victim])
        try scene.setAside(victim)
        let home = network.home(victim)
        let path = part == .oldSignState || part == .noSignState ? home.signState : home.consensus
        try FileManager.default.removeItem(atPath: path)
        if part == .oldSignState || part == .oldLog {
          let old = scene.backup(victim) + "/" + (path as NSString).lastPathComponent
          try FileManager.default.copyItem(atPath: old, toPath: path)
        }
        try network.start([victim])
        try await scene.goesOn()
      }
    }

    @Test("A second process runs from a copy of its home at the same time") func twins() async throws {
      try await TestNetwork.with(.whole) { network in
        let scene = try await Scene(network)
        let victim = scene.leaderOfBackup
        network.kill(network.validators)
        let copy = network.folder + "/copy"
        try FileManager.default.copyItem(atPath: network.home(victim).path, toPath: copy)
        var configuration = try NodeHome(copy).readConfiguration()
        let ports = LocalNetwork.freePorts(2, preferring: nil)
        configuration.httpAddress = PeerRecord.Address(host: "127.0.0.1", port: ports[0])
        configuration.peerAddress = PeerRecord.Address(host: "127.0.0.1", port: ports[1])
        try configuration.json.indented.write(
          toFile: NodeHome(copy).configuration, atomically: true, encoding: .utf8)
        let twin = LocalNetwork(
          seats: [.init(name: "copy", home: copy, url: "http://127.0.0.1:\(ports[0])")], executable: Program.path)
        defer { twin.stopAll() }
        try twin.startAll()
        try network.start(network.validators)
        let others = network.validators.filter { $0 != victim }
        try await network.waitUntilReady(others)
        for round in 0..<10 {
          for name in others { try await network.record(["PO-TWINS-\(round)-\(name)"], at: name) }
        }
        twin.kill("copy")
        try scene.expectNoContradiction(copy, victim)
        try await network.record(["PO-AFTER"], at: others[0])
      }
    }

    /// Four validators with a backup of each one's home, taken while the chain was at rest, and documents since then.
    struct Scene {
      let network: TestNetwork
      /// Who led the view in which the backups were taken.
      let leaderOfBackup: String
      /// Who leads the view in which the chain rests now, another one, and the other two.
      let victim: String
      let partner: String
      let absent: [String]
      let view: UInt64

      init(_ network: TestNetwork) async throws {
        self.network = network
        try network.start(network.validators)
        try await network.waitUntilReady(network.validators)
        try await network.record((1...5).map { "PO-\($0)" }, at: "validator-1")
        leaderOfBackup = Scene.leader(of: try await Scene.rest(network), in: network)
        network.kill(network.validators)
        for name in network.validators {
          try FileManager.default.copyItem(atPath: network.home(name).path, toPath: Scene.backup(name, network))
        }
        try network.start(network.validators)
        try await network.waitUntilReady(network.validators)
        try await network.record((6...15).map { "PO-\($0)" }, at: "validator-2")
        view = try await Scene.rest(network)
        let victim = Scene.leader(of: view, in: network)
        self.victim = victim
        let others = network.validators.filter { $0 != victim }
        partner = others[0]
        absent = Array(others[1...])
      }

      private static func leader(of view: UInt64, in network: TestNetwork) -> String {
        network.validators[Int(view % UInt64(network.validators.count))]
      }

      /// The view in which all stand, once nothing moves.
      private static func rest(_ network: TestNetwork) async throws -> UInt64 {
        var seen: Int64?
        var times = 0
        try await wait("the chain rests") {
          var views: Set<Int64> = []
          for name in network.validators {
            guard let status = await network.status(name), let view = status["view"]?.integer else { return false }
            views.insert(view)
          }
          times = views.count == 1 && views.first == seen ? times + 1 : 0
          seen = views.first
          return times == 20
        }
        return UInt64(try #require(seen))
      }

      private static func backup(_ name: String, _ network: TestNetwork) -> String {
        "\(network.folder)/backup-\(name)"
      }
      func backup(_ name: String) -> String { Scene.backup(name, network) }
      func lived(_ name: String) -> String { "\(network.folder)/lived-\(name)" }

      /// Keeps what the node has, for a look at its votes afterwards.
      func setAside(_ name: String) throws {
        try FileManager.default.copyItem(atPath: network.home(name).path, toPath: lived(name))
      }

      func putBack(_ name: String) throws {
        try setAside(name)
        try FileManager.default.removeItem(atPath: network.home(name).path)
        try FileManager.default.copyItem(atPath: backup(name), toPath: network.home(name).path)
      }

      /// With half of the validators gone, the leader proposes, its partner follows, and both give the view up.
      func voteInVain() async throws {
        network.kill(absent)
        let order = try await network.order("PO-IN-VAIN")
        _ = try await network.node(victim).post("/v1/documents", order.transmission, type: "application/jose")
        for name in [victim, partner] {
          try await wait("\(name) proposes or follows, and gives up") {
            let votes = try votes(of: network.home(name).path).filter { $0.subject.view == view }
            return Set(votes.map(\.subject.kind)).isSuperset(of: [.notarize, .nullify])
          }
        }
      }

      /// The network records documents, all come to one state, everyone votes again, and no key has contradicted
      /// itself.
      func goesOn() async throws {
        try await network.waitUntilReady(network.validators)
        var round = 0
        for name in network.validators {
          try await wait("\(name) votes") {
            round += 1
            try await network.record(["PO-ON-\(round)"], at: partner)
            return await network.status(name)?["voting"]?.string == "normal"
          }
        }
        try network.start(["observer-1"])
        try await network.agreement()
        network.kill(network.names)
        for name in network.validators { try expectNoContradiction(lived(name), name) }
      }

      /// In the logs of the two homes with one key, and in what the others saw.
      func expectNoContradiction(_ other: String, _ name: String) throws {
        var votes = try votes(of: network.home(name).path)
        #expect(!votes.isEmpty)
        if FileManager.default.fileExists(atPath: other) { votes += try self.votes(of: other) }
        for (index, vote) in votes.enumerated() {
          for earlier in votes[..<index] where earlier.subject.view == vote.subject.view {
            if let evidence = Evidence(earlier, vote) {
              Issue.record("\(name) signed \(evidence.first.subject) and \(evidence.second.subject)")
            }
          }
        }
        for name in network.validators {
          let said = try String(contentsOfFile: network.home(name).path + "/node.log", encoding: .utf8)
          let hasSeenOne = said.contains("misbehaviour seen")
          #expect(!hasSeenOne, "\(name) saw two votes that contradict each other")
        }
      }

      /// Own votes in a home's log. Of a copy, for the node may be writing to it.
      private func votes(of home: String) throws -> [Vote] {
        let copy = "\(network.folder)/log-\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: NodeHome(home).consensus, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let log = try WriteAheadLog(folder: copy)
        var votes: [Vote] = []
        try log.replay { _, bytes throws(StorageFailure) in
          if let vote = Scene.vote(bytes) { votes.append(vote) }
        }
        return votes
      }

      private static func vote(_ entry: [UInt8]) -> Vote? {
        var reader = CBORReader(entry)
        guard let count = try? reader.array(upTo: 3), (try? reader.unsigned()) == 1 else { return nil }
        if count == 3, (try? reader.unsigned()) == nil { return nil }
        guard case .vote(let vote) = try? reader.value(LogRecord.self) else { return nil }
        return vote
      }
    }
  }
}
