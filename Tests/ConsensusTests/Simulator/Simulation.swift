import Consensus
import Ledger
import Sodium

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One seed: a safety phase with everything on, then a liveness phase of a healed quorum core.
struct Simulation {
  let seed: UInt64

  struct Report: Equatable {
    let seed: UInt64
    let history: UInt64
    let blocks: Int
    let faults: Int
    let problem: String?
    /// Virtual milliseconds of the liveness phase.
    let healing: Int64

    /// Counts as evidence of anything.
    var isTelling: Bool { blocks >= 200 && faults >= 20 }
  }

  func run() -> Report {
    var generator = SeededGenerator(seed: seed &* 0x1234_5677 &+ 1)
    let count = generator.percent(15) ? 7 : 4
    let cluster = Cluster(count: count, seed: seed)
    if generator.percent(40) {
      let kinds: [any Adversary] = [
        EquivocatingLeader(), TwoFacedVoter(), BodyWithholder(), StaleParentLeader(),
      ]
      for _ in 0..<validatorsThatMayLie(of: count) {
        cluster.adversaries[generator.below(count)] = kinds[generator.below(kinds.count)]
      }
    }
    cluster.startAll()
    cluster.beginFaults()
    cluster.run(for: 600_000) { cluster.agreement.chain.count >= 150 && cluster.faults >= 25 }

    // Liveness: any q honest nodes, the others cut off or not.
    var core = cluster.honest
    while core.count > cluster.validators.quorum { core.remove(at: generator.below(core.count)) }
    cluster.heal(core: core, others: generator.percent(50))
    // Slower than Δ promises: only timers that grow get through (C-13).
    if generator.percent(20) { cluster.network.latency = 200...400 }
    let before = cluster.agreement.chain.count
    let begin = cluster.now
    let heights = core.map { cluster.nodes[$0].disk.height }
    func finalized(_ blocks: Int) -> Bool { core.allSatisfy { cluster.nodes[$0].disk.height >= before + blocks } }
    // A few turns with timers at their cap; after that, steady work.
    cluster.run(for: 20 * cluster.options.maximumTimer) { finalized(5) }
    if cluster.problems.isEmpty && !finalized(5) {
      cluster.fail("healed core \(core) went from \(heights) only to \(core.map { cluster.nodes[$0].disk.height })")
    }
    let healing = cluster.now - begin
    cluster.network.latency = 5...50
    let rest = max(200 - before, 20)
    cluster.run(for: Int64(rest) * 1_000) { finalized(rest) }
    if cluster.problems.isEmpty && !finalized(rest) { cluster.fail("healed core \(core) is too slow") }
    return Report(
      seed: seed, history: cluster.history, blocks: cluster.agreement.chain.count, faults: cluster.faults,
      problem: cluster.problems.first, healing: healing)
  }

  private func validatorsThatMayLie(of count: Int) -> Int { (count - 1) / 3 }

  /// `LIANRONG_SEEDS=17..17` repeats one, `1000..1999` runs others.
  static var seeds: ClosedRange<UInt64> {
    guard let text = getenv("LIANRONG_SEEDS").map({ String(cString: $0) }) else { return 1...300 }
    let bounds = text.split(separator: ".").compactMap { UInt64($0) }
    guard bounds.count == 2, bounds[0] <= bounds[1] else { return 1...300 }
    return bounds[0]...bounds[1]
  }
}
