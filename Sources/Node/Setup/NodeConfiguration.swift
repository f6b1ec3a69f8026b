import Contracts
import Foundation
import Ledger
import Replication
import Sodium

/// A node's `config.json`: what only this node needs to know. Everything that nodes must share is in genesis (decision
/// 19).
package struct NodeConfiguration: Sendable {
  package struct Peer: Sendable {
    package let organisation: String
    package let transportKey: PublicKey
    package let address: PeerRecord.Address
  }

  package var peerAddress: PeerRecord.Address
  package var httpAddress: PeerRecord.Address
  package let peers: [Peer]
  /// Which states this node gives and takes.
  package var snapshots = SnapshotPolicy()
  /// Blocks that are kept, at least; nil for all of them.
  package var keepBlocks: UInt64?
  /// Added to the machine's clock, for trials with clocks apart; refused in a production network.
  package var clockOffsetMilliseconds: Int64

  package init(
    peerAddress: PeerRecord.Address, httpAddress: PeerRecord.Address, peers: [Peer],
    snapshots: SnapshotPolicy = SnapshotPolicy(), keepBlocks: UInt64? = nil, clockOffsetMilliseconds: Int64 = 0
  ) {
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.peerAddress = peerAddress
    self.httpAddress = httpAddress
    self.peers = peers
    self.snapshots = snapshots
    self.keepBlocks = keepBlocks
  }

  package init(json bytes: [UInt8]) throws(Violations) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(bytes)
    } catch {
      throw Violations(.jsonInvalid, error.pointer, "\(error.reason.rawValue) at byte \(error.offset)")
    }
    self = try Form.read(json) { form in
      NodeConfiguration(
        peerAddress: form.address("peerAddress"), httpAddress: form.address("httpAddress"),
        peers: form.list("peers", 0...1024) { form in
          Peer(
            organisation: form.identifier("organisation"), transportKey: PublicKey(form.key("transportKey"))!,
            address: form.address("address"))
        },
        snapshots: form.optional("snapshots") { form in
          form.object("snapshots") { form in
            SnapshotPolicy(
              interval: UInt64(form.integer("interval", 10...1_000_000)),
              gap: UInt64(form.integer("gap", 0...1_000_000_000)))
          }
        } ?? SnapshotPolicy(),
        keepBlocks: form.optional("keepBlocks") { UInt64($0.integer("keepBlocks", 1_000...1_000_000_000)) },
        clockOffsetMilliseconds: form.optional("clockOffsetMilliseconds") {
          $0.integer("clockOffsetMilliseconds", -86_400_000...86_400_000)
        } ?? 0)
    }
  }

  package var json: JSON {
    var members: [JSON.Member] = []
    if snapshots != SnapshotPolicy() {
      members.append(
        .init(
          "snapshots",
          ["interval": .integer(Int64(snapshots.interval)), "gap": .integer(Int64(snapshots.gap))]))
    }
    if clockOffsetMilliseconds != 0 {
      members.append(.init("clockOffsetMilliseconds", .integer(clockOffsetMilliseconds)))
    }
    if let keepBlocks { members.append(.init("keepBlocks", .integer(Int64(keepBlocks)))) }
    guard case .object(let others) = required else { return .null }
    return .object(others + members)
  }

  private var required: JSON {
    [
      "peerAddress": .string(peerAddress.description), "httpAddress": .string(httpAddress.description),
      "peers": .array(
        peers.map { peer in
          [
            "organisation": .string(peer.organisation),
            "transportKey": .string(Base64URL.encode(peer.transportKey.bytes)),
            "address": .string(peer.address.description),
          ]
        }),
    ]
  }
}

extension Form {
  fileprivate mutating func address(_ name: String) -> PeerRecord.Address {
    string(
      name, schema: ["type": "string"], placeholder: PeerRecord.Address(host: "", port: 0),
      rule: "host:port, such as 127.0.0.1:9001 or [::1]:9001"
    ) { PeerRecord.Address($0) }
  }
}

extension PeerRecord.Address {
  /// `host:port` or `[v6]:port`.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: port)
  }
}

/// The folder in which a node lives.
package struct NodeHome: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  package var genesis: String { path + "/genesis.json" }
  package var configuration: String { path + "/config.json" }
  package var voteKey: String { path + "/vote.key.json" }
  /// The key that takes over when the validators of the next epoch name it.
  package var nextVoteKey: String { path + "/vote.next.key.json" }
  /// Those of the two that are there.
  package var voteKeys: [String] { [voteKey, nextVoteKey].filter { FileManager.default.fileExists(atPath: $0) } }
  package var transportKey: String { path + "/transport.key.json" }
  package var ledger: String { path + "/ledger" }
  /// A state that is being fetched; it becomes `ledger` when it is whole.
  package var incoming: String { path + "/ledger.incoming" }
  package var disclosures: String { path + "/disclosures" }
  package var consensus: String { path + "/consensus" }
  package var signState: String { path + "/sign-state" }
  package var checkpoints: String { path + "/checkpoints" }
  /// Where a running node says how its owner can ask it for things.
  package var control: String { path + "/control.json" }

  package func readGenesis() throws -> Genesis {
    let bytes = try NodeHome.read(
      genesis, advice: "Copy the network's genesis file there, or make a network with `lianrong genesis`")
    do {
      return try Genesis(json: bytes)
    } catch {
      throw NodeFailure.configuration(path: genesis, NodeHome.text(error))
    }
  }

  package func readConfiguration() throws -> NodeConfiguration {
    let bytes = try NodeHome.read(configuration, advice: "`lianrong genesis` writes one for each node")
    do {
      return try NodeConfiguration(json: bytes)
    } catch {
      throw NodeFailure.configuration(path: configuration, NodeHome.text(error))
    }
  }

  package func readKey(_ path: String, passphrase: [UInt8]?) throws -> SigningKey {
    let bytes = try NodeHome.read(path, advice: "`lianrong genesis` or `lianrong keys create` makes it")
    let file: KeyFile
    do {
      file = try KeyFile(json: bytes)
    } catch {
      throw NodeFailure.configuration(path: path, NodeHome.text(error))
    }
    guard let key = file.signingKey(passphrase: passphrase) else {
      throw NodeFailure.configuration(
        path: path,
        file.isEncrypted
          ? "the passphrase does not open it (set LIANRONG_PASSPHRASE)" : "its seed and public key differ")
    }
    return key
  }

  /// For a validator whose keys were made elsewhere and have never voted: writes its first sign state. Refused where
  /// anything shows that the node has run.
  package func prepareValidator() throws {
    for path in [signState, ledger, consensus] where FileManager.default.fileExists(atPath: path) {
      throw NodeFailure.configuration(
        path: path, "the node has run in this folder: a lost sign state is never made anew, for the key may have voted")
    }
    do {
      try Signer.prepare(path: signState)
    } catch {
      throw NodeFailure.storage("\(error)")
    }
  }

  static func read(_ path: String, advice: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw NodeFailure.missing(path: path, advice)
    }
    return Array(data)
  }

  static func text(_ violations: Violations) -> String {
    violations.all.prefix(8).map { "\($0.pointer.isEmpty ? "/" : $0.pointer): \($0.refusal.name), \($0.detail)" }
      .joined(separator: "; ")
  }
}
