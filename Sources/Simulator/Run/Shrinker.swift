/// Looks for a shorter history that fails in the same way: without some kinds of faults, and with an earlier end.
package struct Shrinker {
  private let library: Library
  private var options: Options
  private let checker: String
  /// Attempts that may be made.
  private var budget: Int

  package init(_ options: Options, checker: String, budget: Int = 48) {
    library = Library(validators: options.nodes)
    self.options = options
    self.checker = checker
    self.budget = budget
  }

  /// The options of the shortest failing history found, and what it finds.
  package mutating func shrink() -> (options: Options, finding: Finding)? {
    guard var best = attempt(options) else { return nil }
    for kind in FaultKind.allCases where !options.without.contains(kind) {
      var candidate = options
      candidate.without.insert(kind)
      guard let report = attempt(candidate) else { continue }
      options = candidate
      best = report
    }
    // Every run ends with the healing, so an earlier end of the blows is a shorter history.
    var low: Int64 = 0
    var high = min(options.until, best.simulated)
    while high - low > max(200, high / 16) {
      let middle = (low + high) / 2
      var candidate = options
      candidate.until = middle
      if let report = attempt(candidate) {
        options = candidate
        best = report
        high = middle
      } else {
        low = middle
      }
    }
    return best.finding.map { (options, $0) }
  }

  private mutating func attempt(_ options: Options) -> Simulation.Report? {
    guard budget > 0 else { return nil }
    budget -= 1
    let report = Simulation(options, library: library).run()
    return report.finding?.checker == checker ? report : nil
  }
}

extension Options {
  /// The command that repeats this very history.
  package var command: String {
    var words = ["lianrong simulate --seeds \(seed)..\(seed) --nodes \(nodes)"]
    if !without.isEmpty {
      words.append("--without " + FaultKind.allCases.filter(without.contains).map(\.rawValue).joined(separator: ","))
    }
    if until != Options(seed: 0).until { words.append("--until \(until)") }
    return words.joined(separator: " ")
  }
}

extension Summary {
  /// Puts the command of a shorter history beside the first failure, where there is one.
  package mutating func shrinkFirstFailure(of campaign: Campaign) {
    guard let first = failures.first else { return }
    var shrinker = Shrinker(campaign.options(first.seed), checker: first.checker)
    guard let (options, finding) = shrinker.shrink() else { return }
    failures[0] = Failure(
      seed: first.seed, checker: finding.checker, message: finding.message, command: options.command)
  }
}
