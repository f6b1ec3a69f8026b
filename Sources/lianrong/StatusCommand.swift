import ArgumentParser
import Client
import Foundation
import Ledger

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows on one screen where a node and its peers stand, and why nothing moves when nothing does.")

  @Flag(name: .long, help: "Print the node's JSON.")
  var json = false

  @OptionGroup var urls: URLOption

  func run() async throws {
    try await finishing {
      let status = try await urls.client.json("/v1/status")
      output(json ? status.text : StatusCommand.screen(status))
    }
  }

  private static func screen(_ status: JSON) -> String {
    func text(_ value: JSON?) -> String { value?.string ?? value?.integer.map(String.init) ?? "–" }
    func names(_ value: JSON?) -> String {
      let names = value?.array?.compactMap(\.string) ?? []
      return names.isEmpty ? "–" : names.joined(separator: ", ")
    }
    func mebibytes(_ value: JSON?) -> String { value?.integer.map { "\($0 >> 20) MiB" } ?? "–" }
    let last = status["lastFinalization"]
    let votes = status["votes"]
    let disk = status["disk"]
    var lines = [
      "\(text(status["organisation"])), \(text(status["role"])) of \(text(status["network"]))",
      "",
      "height     \(text(status["height"])), attested \(text(status["attested"])), epoch \(text(status["epoch"]))",
      "finality   height \(text(last?["height"])) in view \(text(last?["view"])), \(text(last?["secondsAgo"])) s ago",
      "view       \(text(status["view"])), leader \(text(status["leader"])), block \(text(votes?["proposal"]))",
      "notarized  \(names(votes?["notarized"]))",
      "nullified  \(names(votes?["nullified"]))",
      "finalized  \(names(votes?["finalized"]))",
      "no vote    \(names(votes?["missing"])) (a quorum is \(text(votes?["quorum"])))",
      "voting     \(text(status["voting"]))",
      "pool       \(text(status["pool"]?["documents"])) documents, evidence waiting \(text(status["evidence"]?["pending"]))",
      "disk       \(mebibytes(disk?["free"])) free; ledger \(mebibytes(disk?["ledger"])), "
        + "log \(mebibytes(disk?["consensus"])), blocks from \(text(disk?["oldestHeight"]))",
      "",
      row("peer", "role", "link", "height", "epoch", "view", "clock ms", "trip ms"),
    ]
    for peer in status["peers"]?.array ?? [] {
      lines.append(
        row(
          text(peer["organisation"]), text(peer["role"]), peer["connected"] == .bool(true) ? "up" : "DOWN",
          text(peer["height"]), text(peer["epoch"]), text(peer["view"]), text(peer["clockOffsetMilliseconds"]),
          peer["roundTripMicroseconds"]?.integer.map { "\($0 / 1000)" } ?? "–"))
    }
    let quiet = status["quiet"] == .bool(true) ? "Quiet: nothing is to be decided." : "Moving."
    lines += ["", status["cause"]?.string.map { "WHY  \($0)" } ?? quiet]
    return lines.joined(separator: "\n")
  }

  private static func row(_ cells: String...) -> String {
    zip(cells, [22, 10, 6, 10, 7, 10, 10, 8]).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined()
  }
}
