import Ledger

/// What a campaign came to.
package struct Summary: Sendable {
  package struct Failure: Sendable {
    package let seed: UInt64
    package let checker: String
    package let message: String
    /// Repeats it.
    package var command: String
  }

  package let nodes: Int
  package private(set) var seeds = 0
  package internal(set) var failures: [Failure] = []
  /// Seeds with too few blocks or faults to tell anything.
  package private(set) var quietSeeds: [UInt64] = []
  package private(set) var simulatedSeconds = 0.0
  package internal(set) var realSeconds = 0.0
  package private(set) var faults = FaultCounts()
  package private(set) var finalizedBlocks = 0
  package private(set) var documents = 0
  package private(set) var acceptedDocuments = 0
  package private(set) var proofs = 0
  /// The longest time that a healed quorum took for its first blocks.
  package private(set) var longestHealing = 0.0
  /// All digests, by seed order of nothing: the same for the same seeds, on any number of threads.
  package private(set) var digest: UInt64 = 0

  init(nodes: Int) { self.nodes = nodes }

  mutating func add(_ report: Simulation.Report) {
    seeds += 1
    simulatedSeconds += Double(report.simulated) / 1_000
    faults.add(report.faults)
    finalizedBlocks += report.blocks
    documents += report.documents
    acceptedDocuments += report.acceptedDocuments
    proofs += report.proofs
    digest ^= mix(report.digest ^ report.seed)
    longestHealing = max(longestHealing, Double(report.healing) / 1_000)
    if let finding = report.finding {
      failures.append(
        Failure(
          seed: report.seed, checker: finding.checker, message: finding.message,
          command: "lianrong simulate --seeds \(report.seed)..\(report.seed) --nodes \(report.nodes)"))
    } else if !report.isTelling {
      quietSeeds.append(report.seed)
    }
  }

  package var blocksPerSecond: Double { realSeconds > 0 ? Double(finalizedBlocks) / realSeconds : 0 }
  package var speed: Double { realSeconds > 0 ? simulatedSeconds / realSeconds : 0 }

  /// Good only without failures, and when every seed told something.
  package var isGood: Bool { failures.isEmpty && quietSeeds.isEmpty && seeds > 0 }
}

extension Summary {
  /// Numbers with a fraction stand in thousandths, as integers: documents of this project have no floating point.
  package var json: String {
    func number(_ value: Double) -> String {
      let thousandths = Int64((value * 1_000).rounded())
      let fraction = String(1_000 + thousandths % 1_000).dropFirst()
      return "\(thousandths / 1_000).\(fraction)"
    }
    func text(_ value: String) -> String { JSON.string(value).text }
    let failures = failures.map {
      """
      {"seed":\($0.seed),"checker":\(text($0.checker)),"message":\(text($0.message)),"command":\(text($0.command))}
      """
    }
    let faults = faults.byKind.map { "\(text($0.kind.rawValue)):\($0.count)" }
    return """
      {"seeds":\(seeds),"nodes":\(nodes),"failures":[\(failures.joined(separator: ","))],\
      "quietSeeds":[\(quietSeeds.map { "\($0)" }.joined(separator: ","))],\
      "simulatedSeconds":\(number(simulatedSeconds)),"realSeconds":\(number(realSeconds)),\
      "faults":{\(faults.joined(separator: ","))},"finalizedBlocks":\(finalizedBlocks),"documents":\(documents),\
      "acceptedDocuments":\(acceptedDocuments),"proofs":\(proofs),"longestHealingSeconds":\(number(longestHealing)),\
      "blocksPerSecond":\(number(blocksPerSecond)),"simulatedSecondsPerSecond":\(number(speed)),\
      "digest":\(text(String(digest, radix: 16)))}
      """
  }

  /// For people.
  package var table: String {
    func fixed(_ value: Double) -> String { String(Int64(value.rounded())) }
    var lines = [
      "\(seeds) seeds of \(nodes) nodes: \(failures.count) failures, \(quietSeeds.count) that tell nothing",
      "\(finalizedBlocks) blocks, \(documents) documents (\(acceptedDocuments) accepted), \(proofs) proofs checked",
      "\(fixed(simulatedSeconds)) simulated seconds in \(fixed(realSeconds)) real ones: \(fixed(speed)) a second, "
        + "\(fixed(blocksPerSecond)) blocks a second",
      "longest healing: \(fixed(longestHealing)) simulated seconds; digest \(String(digest, radix: 16))",
      "faults: "
        + faults.byKind.filter { $0.count > 0 }.map { "\($0.kind.rawValue) \($0.count)" }
        .joined(separator: ", "),
    ]
    for failure in failures.prefix(20) {
      lines.append("seed \(failure.seed), \(failure.checker): \(failure.message)")
      lines.append("  \(failure.command)")
    }
    return lines.joined(separator: "\n")
  }
}
