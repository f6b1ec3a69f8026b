import ArgumentParser
import Foundation
import Simulator

struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Run whole networks in one process, with everything going wrong that may, and check what must hold.",
    discussion: """
      Each seed is one history: real consensus, execution and storage code over a virtual network, disk and clock. The same
      seed gives the same digest. Status 0 only when nothing was found.
      """)

  @Option(help: "First and last seed, such as 1..1000.")
  var seeds = "1..100"

  @Option(help: "Validators: 4, 7 or 10.")
  var nodes = 4

  @Option(help: "Begin no seed after this many minutes.")
  var minutes: Double?

  @Option(help: "Kinds of faults to leave out, joined by commas.")
  var without: String?

  @Option(help: "End the faults at this simulated millisecond.")
  var until: Int64?

  @Option(help: "Threads; as many as there are cores by default.")
  var threads: Int?

  @Flag(help: "Print the summary as JSON on standard output.")
  var json = false

  @Flag(help: "Tell everything that happens in a single seed.")
  var trace = false

  func run() throws {
    let bounds = seeds.split(separator: ".").compactMap { UInt64($0) }
    guard let first = bounds.first, let last = bounds.last, bounds.count <= 2, first <= last else {
      throw ValidationError("--seeds is a range such as 1..1000")
    }
    guard [4, 7, 10].contains(nodes) else { throw ValidationError("--nodes is 4, 7 or 10") }
    var campaign = Campaign(seeds: first...last, nodes: nodes)
    campaign.seconds = minutes.map { $0 * 60 }
    campaign.until = until
    if let threads { campaign.threads = max(1, threads) }
    for word in (without ?? "").split(separator: ",") {
      guard let kind = FaultKind(rawValue: String(word)) else {
        let kinds = FaultKind.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("\(word) is no kind of fault; the kinds are \(kinds)")
      }
      campaign.without.insert(kind)
    }
    if trace {
      guard first == last else { throw ValidationError("--trace is for a single seed") }
      campaign.trace { FileHandle.standardError.write(Data(($0 + "\n").utf8)) }
    }
    var summary = campaign.run { report, summary in
      guard summary.seeds % 50 == 0 || report.finding != nil else { return }
      let line = "\(summary.seeds) seeds, \(summary.failures.count) failures, \(summary.finalizedBlocks) blocks\n"
      FileHandle.standardError.write(Data(line.utf8))
    }
    summary.shrinkFirstFailure(of: campaign)
    if json { print(summary.json) } else { print(summary.table) }
    if !summary.isGood { throw ExitCode(1) }
  }
}
