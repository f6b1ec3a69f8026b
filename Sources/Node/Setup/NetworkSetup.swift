import Contracts
import Foundation
import Ledger
import Replication
import Sodium

/// Makes a network out of a plan: keys, the genesis file, and a home folder for each node.
package struct NetworkSetup: Sendable {
  package let folder: String
  package let genesis: Genesis
  package let validators: [NodeHome]
  package let observers: [NodeHome]

  /// Fails rather than overwrite anything. `passphrase` encrypts every key file; nil leaves them plain.
  package static func create(
    _ plan: NetworkPlan, in folder: String, nowMilliseconds now: Int64, passphrase: [UInt8]?
  ) throws -> NetworkSetup {
    let genesisPath = folder + "/genesis.json"
    guard !FileManager.default.fileExists(atPath: genesisPath) else {
      throw NodeFailure.configuration(path: folder, "there is a network already; choose an empty folder")
    }
    guard !plan.production || passphrase != nil else {
      throw NodeFailure.configuration(path: "the plan", "a production network does not keep its keys unencrypted")
    }
    let writer = SetupFiles(folder: folder, passphrase: passphrase)
    let members = try plan.members.map { try writer.member($0) }
    let hosts = plan.validators.enumerated().map { ("validator-\($0 + 1)", $1) }
    let observers = plan.observers.enumerated().map { ("observer-\($0 + 1)", $1) }
    var keys: [String: (vote: [UInt8], transport: [UInt8])] = [:]
    for (name, _) in hosts + observers {
      let vote = try writer.key("\(name)/vote", .signing, "\(name)/vote.key.json")
      let transport = try writer.key("\(name)/transport", .signing, "\(name)/transport.key.json")
      keys[name] = (vote, transport)
    }
    let genesis = try genesis(plan, members, hosts, observers, keys, now: now)
    try writer.write(genesis.bytes, "genesis.json")
    let peers = (hosts + observers).map { name, host in
      NodeConfiguration.Peer(
        organisation: host.organisation, transportKey: PublicKey(keys[name]!.transport)!,
        address: PeerRecord.Address(host: host.host, port: host.peerPort))
    }
    for (index, (name, host)) in (hosts + observers).enumerated() {
      var others = peers
      others.remove(at: index)
      let configuration = NodeConfiguration(
        peerAddress: PeerRecord.Address(host: host.host, port: host.peerPort),
        httpAddress: PeerRecord.Address(host: host.host, port: host.httpPort), peers: others)
      try writer.write(genesis.bytes, "\(name)/genesis.json")
      try writer.write(configuration.json.indented.utf8, "\(name)/config.json")
    }
    for (name, _) in hosts { try Signer.prepare(path: "\(folder)/\(name)/sign-state") }
    for (name, _) in observers { try FileManager.default.removeItem(atPath: "\(folder)/\(name)/vote.key.json") }
    return NetworkSetup(
      folder: folder, genesis: genesis, validators: hosts.map { NodeHome("\(folder)/\($0.0)") },
      observers: observers.map { NodeHome("\(folder)/\($0.0)") })
  }

  private static func genesis(
    _ plan: NetworkPlan, _ members: [JSON], _ hosts: [(String, NetworkPlan.Host)],
    _ observers: [(String, NetworkPlan.Host)], _ keys: [String: (vote: [UInt8], transport: [UInt8])], now: Int64
  ) throws -> Genesis {
    func text(_ key: [UInt8]) -> JSON { .string(Base64URL.encode(key)) }
    var file: [JSON.Member] = [
      .init("name", .string(plan.name)), .init("time", .integer(now)), .init("production", .bool(plan.production)),
    ]
    if let rate = plan.clockRate {
      file.append(.init("clock", ["origin": .integer(now / 1000), "rate": .integer(rate)]))
    }
    file += [
      .init("members", .array(members)),
      .init(
        "validators",
        .array(
          hosts.map { name, host in
            [
              "organisation": .string(host.organisation), "voteKey": text(keys[name]!.vote),
              "transportKey": text(keys[name]!.transport),
            ]
          })),
      .init(
        "observers",
        .array(
          observers.map { name, host in
            ["organisation": .string(host.organisation), "transportKey": text(keys[name]!.transport)]
          })),
      .init(
        "board",
        [
          "organisations": .array(plan.board.organisations.map { .string($0) }),
          "threshold": .integer(plan.board.threshold),
        ]),
      .init("parameters", plan.parameters),
    ]
    do {
      return try Genesis(json: Array(JSON.object(file).indented.utf8))
    } catch {
      throw NodeFailure.configuration(path: "the plan", NodeHome.text(error))
    }
  }
}

/// Writes the files of a new network, secrets for their owner alone.
private struct SetupFiles {
  let folder: String
  let passphrase: [UInt8]?

  func member(_ party: NetworkPlan.Party) throws -> JSON {
    let sealing = try key("\(party.id)/sealing", .sealing, "keys/\(party.id)/sealing.json")
    let keys: [JSON] = try party.keys.map { key in
      let publicKey = try self.key("\(party.id)/\(key.name)", .signing, "keys/\(party.id)/\(key.name).json")
      return [
        "name": .string(key.name), "publicKey": .string(Base64URL.encode(publicKey)),
        "permissions": .array(key.permissions.map { .string($0.rawValue) }),
      ]
    }
    return [
      "id": .string(party.id), "name": .string(party.name),
      "roles": .array(party.roles.map { .string($0.rawValue) }),
      "identifiers": .array(
        party.identifiers.map { ["scheme": .string($0.scheme), "value": .string($0.value)] }),
      "sealingKey": .string(Base64URL.encode(sealing)), "keys": .array(keys),
    ]
  }

  /// Makes a key, writes its file, and returns the public half.
  func key(_ name: String, _ use: KeyFile.Use, _ path: String) throws -> [UInt8] {
    guard
      let file = KeyFile.make(
        name: name, use: use, seed: randomBytes(32), passphrase: passphrase, salt: randomBytes(PassphraseBox.saltSize),
        nonce: randomBytes(PassphraseBox.nonceSize))
    else { throw NodeFailure.configuration(path: path, "the passphrase is empty, or 256 MiB of memory are not there") }
    try write(file.json.indented.utf8, path)
    return file.publicKey
  }

  func write(_ bytes: some Collection<UInt8>, _ path: String) throws {
    let full = "\(folder)/\(path)"
    guard !FileManager.default.fileExists(atPath: full) else {
      throw NodeFailure.configuration(
        path: full, "it exists already, and nothing is overwritten; choose an empty folder")
    }
    try FileManager.default.createDirectory(
      atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    guard
      FileManager.default.createFile(
        atPath: full, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
    else { throw NodeFailure.configuration(path: full, "it cannot be written") }
  }
}
