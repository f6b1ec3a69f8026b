import Consensus
import Testing

@Suite("A cluster under faults, from one seed")
struct SimulationTests {
  /// Two workers' worth of seeds a case, so that a failing one is named soon.
  static let batches: [ClosedRange<UInt64>] = {
    let seeds = Simulation.seeds
    return stride(from: seeds.lowerBound, through: seeds.upperBound, by: 15).map {
      $0...min($0 + 14, seeds.upperBound)
    }
  }()

  @Test("Agreement, C-1, C-2, replay and bounds hold, and a healed quorum goes on", arguments: batches)
  func seeds(_ batch: ClosedRange<UInt64>) {
    for seed in batch {
      let report = Simulation(seed: seed).run()
      let again = "repeat with LIANRONG_SEEDS=\(seed)..\(seed) swift test -c release --filter SimulationTests"
      #expect(report.problem == nil, "seed \(seed): \(report.problem ?? "") — \(again)")
      #expect(report.isTelling, "seed \(seed): \(report.blocks) blocks, \(report.faults) faults — \(again)")
    }
  }

  @Test("The same seed gives the same history, event for event", arguments: [3, 14, 159] as [UInt64])
  func determinism(_ seed: UInt64) {
    let first = Simulation(seed: seed).run()
    #expect(first == Simulation(seed: seed).run())
    #expect(first.history != Simulation(seed: seed + 1).run().history)
  }
}
