import ArgumentParser
import Foundation
import Ledger
import Node
import Replication

struct GenesisCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "genesis",
    abstract: "Makes a network: keys, the genesis file and a home folder for each node.",
    discussion: """
      The plan says who the members are and who runs nodes; genesis/README.md explains each field. Key files are encrypted \
      under LIANRONG_PASSPHRASE unless --plain-keys says otherwise. Nothing that exists is overwritten.
      """)

  @Option(name: .long, help: "The plan of the network, a JSON file.")
  var plan: String

  @Option(name: .long, help: "The folder to make it in.")
  var home: String

  @Flag(name: .long, help: "Write key files without encryption: for development alone.")
  var plainKeys = false

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() async throws {
    try await finishing {
      let secret = passphrase()
      guard plainKeys || secret != nil else {
        throw ValidationError("Set LIANRONG_PASSPHRASE to encrypt the key files, or say --plain-keys.")
      }
      let setup = try NetworkSetup.create(
        try NetworkPlan(json: readFile(plan)), in: home, nowMilliseconds: NetworkClock.wall,
        passphrase: plainKeys ? nil : secret)
      let nodes = (setup.validators + setup.observers).map(\.path)
      if json {
        output(
          JSON.object([
            .init("network", .string(setup.genesis.network)), .init("chain", .string("\(setup.genesis.chain)")),
            .init("genesis", .string(home + "/genesis.json")), .init("nodes", .array(nodes.map { .string($0) })),
          ]).text)
      } else {
        output("Network \(setup.genesis.network)\ngenesis  \(home)/genesis.json\nkeys     \(home)/keys")
        for node in nodes { output("node     \(node)   start it with: lianrong node --home \(node)") }
      }
    }
  }
}
