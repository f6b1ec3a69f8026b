import Ledger
import Sodium

/// One seed: a safety phase with everything on, then a liveness phase in which a healed quorum must finalize and execute
/// everything that was accepted.
package struct Simulation {
  package struct Report: Sendable {
    package let seed: UInt64
    package let nodes: Int
    /// A hash of everything that happened.
    package let digest: UInt64
    package let blocks: Int
    package let documents: Int
    package let acceptedDocuments: Int
    package let faults: FaultCounts
    package let finding: Finding?
    /// Milliseconds of the world's time: all, and from the healing to the first finalized block after it.
    package let simulated: Int64
    package let healing: Int64
    package let events: Int
    package let parcels: Int
    package let proofs: Int

    /// Counts as evidence of anything.
    package var isTelling: Bool { blocks >= 200 && faults.total >= 20 }
  }

  package let options: Options
  let library: Library

  init(_ options: Options, library: Library) {
    self.options = options
    self.library = library
  }

  package func run(trace: ((String) -> Void)? = nil) -> Report {
    let cluster = Cluster(options, library: library)
    cluster.trace = trace
    cluster.castRoles()
    cluster.begin()
    cluster.beginFaults()
    cluster.run(for: options.until) {
      cluster.height >= UInt64(options.blocks) && cluster.faults.total >= options.faults
    }
    let healing = liveness(cluster)
    return Report(
      seed: options.seed, nodes: options.nodes, digest: cluster.history, blocks: Int(cluster.height),
      documents: cluster.clients.executedCount, acceptedDocuments: cluster.clients.acceptedOutcomes,
      faults: cluster.faults, finding: cluster.finding, simulated: cluster.now, healing: healing,
      events: cluster.events, parcels: cluster.parcels, proofs: cluster.checkers.proofsMade)
  }

  /// Answers how long the healed core took for its first blocks.
  private func liveness(_ cluster: Cluster) -> Int64 {
    // Those whose disks have forgotten wait for the others' finalizations before they vote (C-23).
    var core = cluster.honest.filter { !$0.isFrail }
    if core.count < cluster.library.genesis.validators.quorum { core = cluster.honest }
    while core.count > cluster.library.genesis.validators.quorum {
      core.remove(at: cluster.generator.below(core.count))
    }
    let names = core.map(\.index)
    cluster.trace?("\(cluster.now) healing: core \(names)")
    cluster.heal(core: core, others: cluster.generator.percent(50))
    let begin = cluster.now
    let before = cluster.height
    func heights() -> [UInt64] { core.map { $0.head?.height ?? 0 } }
    cluster.run(for: 240_000) { heights().allSatisfy { $0 >= before + 3 } }
    if cluster.finding == nil, !heights().allSatisfy({ $0 >= before + 3 }) {
      cluster.trace?(cluster.situation)
      cluster.report("liveness", "the healed core \(names) went from \(before) only to \(heights())")
    }
    let healing = cluster.now - begin
    let goal = max(UInt64(200), before + 20)
    cluster.run(for: 400_000) { heights().allSatisfy { $0 >= goal } }
    if cluster.finding == nil, !heights().allSatisfy({ $0 >= goal }) {
      cluster.trace?(cluster.situation)
      cluster.report("liveness", "the healed core \(names) is too slow: \(heights()), \(goal) were due")
    }
    drain(cluster, core)
    if cluster.finding == nil { cluster.checkers.end(core, cluster) }
    return healing
  }

  /// Nothing new; everything accepted must be executed by the whole core.
  private func drain(_ cluster: Cluster, _ core: [SimulatedNode]) {
    cluster.clients.isOpen = false
    func isDry() -> Bool {
      guard cluster.clients.acceptedPending.isEmpty else { return false }
      let newest = cluster.clients.executed.values.max() ?? 0
      return core.allSatisfy { $0.head?.height ?? 0 >= newest }
    }
    cluster.run(for: 120_000) { cluster.events % 64 == 0 && isDry() }
    if cluster.finding == nil, !isDry() {
      let left = cluster.clients.acceptedPending.map(\.id)
      cluster.trace?(cluster.situation)
      cluster.report("liveness", "\(left.count) accepted documents were never executed, such as \(left.prefix(1))")
    }
  }
}
