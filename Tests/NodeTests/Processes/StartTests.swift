import Client
import Foundation
import Ledger
import Node
import Sodium
import Testing

extension ProcessTests {
  @Suite("What keeps a node from starting, or stops it") struct StartTests {
    /// A fault in the home folder, the status with which the node ends, and words that it says.
    struct Fault: Sendable, CustomTestStringConvertible {
      let what: String
      let status: Int32
      let says: [String]
      var environment: [String: String] = [:]
      let spoil: @Sendable (NodeHome) throws -> Void

      var testDescription: String { what }
    }

    private static func edit(_ path: String, _ change: (String) -> String) throws {
      try change(String(contentsOfFile: path, encoding: .utf8)).write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static func encryptVoteKey(_ home: NodeHome) throws {
      let plain = try MemberKey.keyFile(home.voteKey)
      guard case .plain(let seed) = plain.secret,
        let encrypted = KeyFile.make(
          name: plain.name, use: .signing, seed: seed, passphrase: Array("correct horse".utf8),
          salt: randomBytes(PassphraseBox.saltSize), nonce: randomBytes(PassphraseBox.nonceSize))
      else { throw ClientError.story("the key cannot be encrypted") }
      try encrypted.json.indented.write(toFile: home.voteKey, atomically: true, encoding: .utf8)
    }

    static let faults = [
      Fault(what: "no genesis", status: 78, says: ["genesis.json", "Copy the network's genesis file"]) {
        try FileManager.default.removeItem(atPath: $0.genesis)
      },
      Fault(what: "a genesis that is cut off", status: 78, says: ["genesis.json", "cannot be used"]) {
        try edit($0.genesis) { String($0.prefix($0.count / 2)) }
      },
      Fault(what: "the genesis of another network", status: 78, says: ["another network"]) {
        try edit($0.genesis) { $0.replacing("\"Puhui Commercial Bank\"", with: "\"Puhui Bank\"") }
      },
      Fault(what: "no configuration", status: 78, says: ["config.json", "lianrong genesis"]) {
        try FileManager.default.removeItem(atPath: $0.configuration)
      },
      Fault(what: "an unknown member", status: 78, says: ["config.json", "/peerAdress", "memberUnknown"]) {
        try edit($0.configuration) { $0.replacing("\"peerAddress\"", with: "\"peerAdress\"") }
      },
      Fault(what: "an address without a port", status: 78, says: ["/httpAddress", "host:port"]) {
        try edit($0.configuration) { $0.replacing(#/"httpAddress": "[^"]*"/#, with: "\"httpAddress\": \"127.0.0.1\"") }
      },
      Fault(what: "no vote key", status: 78, says: ["vote.key.json", "is missing"]) {
        try FileManager.default.removeItem(atPath: $0.voteKey)
      },
      Fault(what: "another key in place of the vote key", status: 78, says: ["vote.key.json", "not the vote key"]) {
        try FileManager.default.removeItem(atPath: $0.voteKey)
        try FileManager.default.copyItem(atPath: $0.transportKey, toPath: $0.voteKey)
      },
      Fault(what: "a transport key that genesis does not know", status: 78, says: ["transport key", "genesis"]) {
        try FileManager.default.removeItem(atPath: $0.transportKey)
        try FileManager.default.copyItem(atPath: $0.voteKey, toPath: $0.transportKey)
      },
      Fault(what: "an encrypted key and no passphrase", status: 78, says: ["vote.key.json", "LIANRONG_PASSPHRASE"]) {
        try encryptVoteKey($0)
      },
      Fault(
        what: "an encrypted key and a wrong passphrase", status: 78, says: ["vote.key.json", "LIANRONG_PASSPHRASE"],
        environment: ["LIANRONG_PASSPHRASE": "wrong horse"]
      ) { try encryptVoteKey($0) },
      Fault(what: "a damaged consensus log", status: 74, says: ["consensus"]) { home in
        let segment = try #require(try FileManager.default.contentsOfDirectory(atPath: home.consensus).sorted().first)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: home.consensus + "/" + segment))
        bytes[bytes.count / 3] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: home.consensus + "/" + segment))
      },
      Fault(what: "a database without its CURRENT file", status: 74, says: ["ledger", "CURRENT"]) {
        try FileManager.default.removeItem(atPath: $0.ledger + "/CURRENT")
      },
    ]

    @Test("Says what is wrong and what to do, spoils nothing, and starts again when it is mended", arguments: faults)
    func fault(_ fault: Fault) async throws {
      try await TestNetwork.with(.alone) { network in
        let home = network.home("validator-1")
        let height = try await recordSome(network)
        let good = home.path + ".good"
        try FileManager.default.copyItem(atPath: home.path, toPath: good)
        try fault.spoil(home)
        let ending = try await Program.run(["node", "--home", home.path], environment: fault.environment)
        #expect(ending.status == fault.status, "\(ending.said)")
        for words in fault.says { #expect(ending.said.contains(words), "\(ending.said)") }
        #expect(!ending.said.contains("Fatal error"))
        // Mended file by file: the rest is as the failed start left it.
        for name in ["genesis.json", "config.json", "vote.key.json", "transport.key.json"] {
          try? FileManager.default.removeItem(atPath: home.path + "/" + name)
          try FileManager.default.copyItem(atPath: good + "/" + name, toPath: home.path + "/" + name)
        }
        if fault.status == 74 {
          for name in ["ledger", "consensus"] {
            try FileManager.default.removeItem(atPath: home.path + "/" + name)
            try FileManager.default.copyItem(atPath: good + "/" + name, toPath: home.path + "/" + name)
          }
        }
        try await startsAgain(network, at: height)
      }
    }

    @Test("A passphrase opens an encrypted vote key") func passphrase() async throws {
      try await TestNetwork.with(.alone) { network in
        try Self.encryptVoteKey(network.home("validator-1"))
        // With every write refused the start goes as far as the storage, and so past the key.
        let ending = try await Program.run(
          ["node", "--home", network.home("validator-1").path],
          environment: ["LIANRONG_PASSPHRASE": "correct horse"], fileBlocks: 0)
        #expect(ending.status == 74, "\(ending.said)")
      }
    }

    @Test("A port that another process holds is named", arguments: ["httpAddress", "peerAddress"])
    func portInUse(_ member: String) async throws {
      try await TestNetwork.with(.alone) { network in
        let height = try await recordSome(network)
        let configuration = try network.home("validator-1").readConfiguration()
        let address = member == "httpAddress" ? configuration.httpAddress : configuration.peerAddress
        do {
          let holder = try Listener(port: address.port)
          let ending = try await Program.run(["node", "--home", network.home("validator-1").path])
          #expect(ending.status == 69, "\(ending.said)")
          #expect(ending.said.contains("\(address) is in use"), "\(ending.said)")
          withExtendedLifetime(holder) {}
        }
        try await startsAgain(network, at: height)
      }
    }

    @Test("A second node in the same home folder ends; the first goes on") func second() async throws {
      try await TestNetwork.with(.alone) { network in
        try network.processes.startAll()
        try await network.waitUntilReady(network.names)
        let ending = try await Program.run(["node", "--home", network.home("validator-1").path])
        #expect(ending.status != 0)
        #expect(ending.said.contains("in use by process"), "\(ending.said)")
        try await network.record(["PO-1"], at: "validator-1")
      }
    }

    @Test("A node that cannot write stops with a storage message, and starts again where it was") func fullDisk()
      async throws
    {
      try await TestNetwork.with(.alone) { network in
        let height = try await recordSome(network)
        let home = network.home("validator-1").path
        // Blocks of 512 bytes: the log and the ledger soon have a file of 256 KiB.
        async let node = Program.run(["node", "--home", home], fileBlocks: 512)
        try await wait("the node answers") { await network.status("validator-1") != nil }
        for number in 1...200 {
          let order = try? await network.order("PO-LARGE-\(number)", lines: 100)
          guard let order, (try? await network.node("validator-1").submit(order.transmission)) != nil else { break }
        }
        let ending = try await node
        #expect(ending.status == 74, "\(ending.said)")
        #expect(ending.said.contains("restart the node"), "\(ending.said)")
        try await startsAgain(network, at: height)
      }
    }

    /// Runs the node for a few documents, and answers its height.
    private func recordSome(_ network: TestNetwork) async throws -> Int64 {
      try network.processes.startAll()
      try await network.waitUntilReady(network.names)
      let answers = try await network.record(["PO-1", "PO-2", "PO-3"], at: "validator-1")
      network.processes.stopAll()
      return try #require(answers.last?.height)
    }

    private func startsAgain(_ network: TestNetwork, at height: Int64) async throws {
      try network.processes.startAll()
      try await network.waitUntilReady(network.names)
      #expect(await network.status("validator-1")?["height"]?.integer ?? -1 >= height)
      try await network.record(["PO-AGAIN"], at: "validator-1")
    }
  }
}
