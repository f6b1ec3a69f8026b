import ArgumentParser
import Client
import Contracts
import Foundation
import Ledger

struct EvidenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evidence",
    abstract: "Lists validators that signed votes that contradict each other, or checks such evidence without a node.",
    discussion: """
      lianrong evidence                                      what a node knows of
      lianrong evidence --json > evidence.json               the same as evidence files, one a line
      lianrong evidence --check evidence.json --genesis PATH checks each line under a genesis that you trust
      With --genesis, what a node lists is checked too. Status 1 if evidence does not hold, not if there is some.
      """)

  @Option(name: .long, help: "Check the evidence in this file, one a line or one indented; - for standard input.")
  var check: String?

  @Option(name: .long, help: "The network's genesis file, from a source you trust.")
  var genesis: String?

  @Flag(name: .long, help: "Print an evidence file a line.")
  var json = false

  @OptionGroup var urls: URLOption

  func run() async throws {
    try await finishing {
      let genesis = try genesis.map { try Genesis(json: readFile($0)) }
      if let check {
        guard let genesis else {
          throw ValidationError("--check needs --genesis: evidence that names its own validators could frame anyone.")
        }
        try verify(items(in: check), genesis)
      } else {
        try await list(genesis)
      }
    }
  }

  private func items(in path: String) throws -> [JSON] {
    let bytes = try readFile(path)
    if let whole = try? EvidenceCheck.parse(bytes) { return whole.array ?? [whole] }
    let lines = bytes.split(separator: 0x0a).map { Array($0) }
    guard !lines.isEmpty else { throw ClientError.file(path, "it holds no evidence") }
    return try lines.map { try EvidenceCheck.parse($0) }
  }

  private func verify(_ items: [JSON], _ genesis: Genesis) throws {
    var allHold = true
    for (index, item) in items.enumerated() {
      do {
        let checked = try EvidenceCheck.check(item, genesis: genesis)
        output(json ? item.text : checked.description)
      } catch let error as ClientError {
        allHold = false
        complain("\(index + 1): \(error)")
      }
    }
    if !allHold { throw ExitCode(1) }
  }

  private func list(_ genesis: Genesis?) async throws {
    var items = try await urls.client.evidence()
    if json || genesis != nil {
      for index in items.indices { items[index] = try await urls.client.provedEvidence(items[index]) }
    }
    if let genesis { return try verify(items, genesis) }
    if json { return items.forEach { output($0.text) } }
    guard !items.isEmpty else { return output("No evidence of misbehaviour is known to this node.") }
    output(row("epoch", "view", "organisation", "recorded", "what it did"))
    for item in items {
      output(
        row(
          item["epoch"]?.integer.map(String.init) ?? "?", item["view"]?.integer.map(String.init) ?? "?",
          item["organisation"]?.string ?? "?", item["recordedAt"]?.integer.map { "at \($0)" } ?? "not yet",
          item["offence"]?.string ?? "?"))
    }
    output("This is what the node says. Name --genesis to check the signatures.")
  }

  private func row(_ epoch: String, _ view: String, _ organisation: String, _ recorded: String, _ offence: String)
    -> String
  {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    return [padded(epoch, 6), padded(view, 10), padded(organisation, 24), padded(recorded, 12), offence]
      .joined(separator: "  ")
  }
}
