import ArgumentParser
import Client
import Contracts
import Foundation
import Ledger
import Node
import Sodium

struct ValidatorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validators",
    abstract: "Shows who decides blocks, and prepares a change that the governance board then signs.",
    discussion: """
      A change, from the new validator's seat to the board's approval:
        lianrong validators seat --home HOME --organisation ORG > seat.json     on the new validator's machine
        lianrong validators change --seat seat.json --remove OLD > change.json  the whole next set, as an unsigned document
        lianrong sign change.json --key BOARD-KEY | lianrong submit             one board organisation proposes it
      The others approve with a document approval/1 that names the first one's id. The new set begins after the next block
      that attests the height of the last approval.
      """,
    subcommands: [List.self, Seat.self, Change.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The validators of this epoch and of the next.")

    @Flag(name: .long, help: "Print JSON, with the proof from the genesis to this epoch.")
    var json = false

    @Option(name: .long, help: "A genesis file that you trust: the proof is checked under it.")
    var genesis: String?

    @OptionGroup var urls: URLOption

    func run() async throws {
      try await finishing {
        let answer = try await urls.client.json("/v1/validators")
        if let genesis {
          let genesis = try Genesis(json: readFile(genesis))
          guard let bytes = answer["proof"]?.string.flatMap({ Base64URL.decode($0) }),
            let proof = try? EpochProof(cbor: bytes),
            let proved = try? proof.verify(from: genesis.validators, chain: genesis.chain),
            answer["validators"]?.array?.compactMap({ $0["voteKey"]?.string })
              == proved.validators.map({ Base64URL.encode($0.voteKey.bytes) })
          else { throw ClientError.proof("the validators do not follow from this genesis") }
          complain(
            "PROVED  the validators of epoch \(proved.epoch) follow from the genesis by \(proof.links.count) changes")
        }
        if json { return output(answer.text) }
        let epoch = answer["epoch"]?.integer ?? 0
        output("epoch \(epoch) at height \(answer["height"]?.integer ?? 0), quorum \(answer["quorum"]?.integer ?? 0)\n")
        output(ValidatorsCommand.table(answer["validators"]))
        if let next = answer["next"], next != .null {
          output("\nepoch \(next["epoch"]?.integer ?? 0), decided at height \(next["decidedAt"]?.integer ?? 0)\n")
          output(ValidatorsCommand.table(next["validators"]))
        }
      }
    }
  }

  struct Seat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints a node's seat for the next epoch, signed by its vote key; makes the key where it is missing.",
      discussion: """
        A validator that rotates its key gets a second one, vote.next.key.json, which takes over when the new epoch begins; \
        a node without a vote key gets its first, with an empty sign state.
        """)

    @Option(name: .long, help: "The node's home folder.")
    var home: String

    @Option(name: .long, help: "The member that runs the node.")
    var organisation: String

    @OptionGroup var urls: URLOption

    func run() async throws {
      try await finishing {
        let facts = try await NetworkFacts.fetch(urls.client)
        let answer = try await urls.client.json("/v1/validators")
        let present = answer["validators"]?.array?.first { $0["organisation"] == .string(organisation) }
        let inUse = present?["voteKey"]?.string.flatMap { Base64URL.decode($0) }.flatMap { PublicKey($0) }
        let seat = try NodeHome(home).seat(
          organisation: organisation, network: facts.network, epoch: UInt64(answer["epoch"]?.integer ?? 0) + 1,
          inUse: inUse, passphrase: passphrase())
        output(seat.text)
      }
    }
  }

  struct Change: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints the unsigned document that makes the next validators out of the present ones.")

    @Option(name: .long, help: "A seat that is added, or takes the place of its organisation's; repeat it.")
    var seat: [String] = []

    @Option(name: .long, help: "An organisation that leaves; repeat it.")
    var remove: [String] = []

    @Option(
      name: .long, help: "ORG:TRANSPORT-KEY of an observer; naming one replaces all that there are. Repeat it.")
    var observer: [String] = []

    @OptionGroup var urls: URLOption

    func run() async throws {
      try await finishing {
        let answer = try await urls.client.json("/v1/validators")
        var validators = answer["validators"]?.array ?? []
        validators.removeAll { remove.contains($0["organisation"]?.string ?? "") }
        for path in seat {
          let seat = try JSON.parse(readFile(path).filter { $0 != 0x0a })
          if let index = validators.firstIndex(where: { $0["organisation"] == seat["organisation"] }) {
            validators[index] = seat
          } else {
            validators.append(seat)
          }
        }
        var terms: [JSON.Member] = [
          .init("epoch", .integer((answer["epoch"]?.integer ?? 0) + 1)), .init("validators", .array(validators)),
        ]
        if !observer.isEmpty {
          terms.append(
            .init(
              "observers",
              .array(
                try observer.map { text in
                  let parts = text.split(separator: ":")
                  guard parts.count == 2 else { throw ValidationError("--observer is ORG:TRANSPORT-KEY.") }
                  return ["organisation": .string(String(parts[0])), "transportKey": .string(String(parts[1]))]
                })))
        }
        output(JSON.object([.init("type", "validators/1"), .init("terms", .object(terms))]).text)
      }
    }
  }

  private static func table(_ validators: JSON?) -> String {
    let rows = (validators?.array ?? []).map {
      ($0["organisation"]?.string ?? "?", $0["voteKey"]?.string ?? "?", $0["transportKey"]?.string ?? "?")
    }
    let width = max(12, rows.map(\.0.count).max() ?? 0)
    func line(_ row: (String, String, String)) -> String {
      row.0.padding(toLength: width + 2, withPad: " ", startingAt: 0)
        + row.1.padding(toLength: 45, withPad: " ", startingAt: 0) + row.2
    }
    return ([("organisation", "vote key", "transport key")] + rows).map(line).joined(separator: "\n")
  }
}
