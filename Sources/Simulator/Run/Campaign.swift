import Glibc
import Sodium
import Synchronization

/// Many seeds, on all cores: each is confined to one thread and knows nothing of the others.
package struct Campaign: Sendable {
  package var seeds: ClosedRange<UInt64>
  package var nodes: Int
  /// No seed is begun after this many seconds.
  package var seconds: Double?
  package var without: Set<FaultKind> = []
  package var until: Int64?
  package var planted: PlantedFault?
  package var threads: Int
  /// Stop at the first finding.
  package var stopsAtFinding = false

  package init(seeds: ClosedRange<UInt64>, nodes: Int) {
    self.seeds = seeds
    self.nodes = nodes
    threads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  package func options(_ seed: UInt64) -> Options {
    var options = Options(seed: seed, nodes: nodes)
    options.without = without
    options.planted = planted
    if let until { options.until = until }
    return options
  }

  /// Runs the first seed alone and tells everything that happens in it.
  package func trace(_ tell: @escaping (String) -> Void) {
    _ = Simulation(options(seeds.lowerBound), library: Library(validators: nodes)).run(trace: tell)
  }

  /// Blocks the caller; `progress` is called after each seed, from any thread, one call at a time.
  package func run(progress: @escaping @Sendable (Simulation.Report, Summary) -> Void = { _, _ in }) -> Summary {
    let library = Library(validators: nodes)
    let begin = ContinuousClock.now
    let shared = Mutex(Shared(next: seeds.lowerBound, summary: Summary(nodes: nodes)))
    let campaign = self
    Threads.run(threads) {
      while let seed = shared.withLock({ $0.take(campaign, since: begin) }) {
        let report = Simulation(campaign.options(seed), library: library).run()
        shared.withLock { shared in
          shared.summary.add(report)
          shared.summary.realSeconds = (ContinuousClock.now - begin).inSeconds
          progress(report, shared.summary)
        }
      }
    }
    return shared.withLock { shared in
      shared.summary.failures.sort { $0.seed < $1.seed }
      shared.summary.realSeconds = (ContinuousClock.now - begin).inSeconds
      return shared.summary
    }
  }

  private struct Shared: Sendable {
    var next: UInt64?
    var summary: Summary

    mutating func take(_ campaign: Campaign, since begin: ContinuousClock.Instant) -> UInt64? {
      if let seconds = campaign.seconds, (ContinuousClock.now - begin).inSeconds >= seconds { return nil }
      if campaign.stopsAtFinding, !summary.failures.isEmpty { return nil }
      guard let seed = next else { return nil }
      next = seed < campaign.seeds.upperBound ? seed + 1 : nil
      return seed
    }
  }
}

extension Duration {
  package var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
