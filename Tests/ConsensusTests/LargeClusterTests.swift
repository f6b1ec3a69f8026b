import Consensus
import Testing

@Suite("The largest network")
struct LargeClusterTests {
  @Test("Thirty-one validators, ten of them gone, finalize; the gone ones are waited for in one round only (C-6)")
  func tenOfThirtyOneGone() {
    let cluster = Cluster(count: 31, seed: 1)
    let gone = Set([2, 3, 4, 7, 11, 12, 19, 20, 25, 30])
    for node in 0..<31 where !gone.contains(node) { cluster.restart(node) }
    let living = (0..<31).filter { !gone.contains($0) }
    func height() -> Int { living.map { cluster.nodes[$0].disk.height }.min() ?? 0 }
    cluster.run(for: 120_000) { height() >= 21 }
    #expect(height() >= 21)
    // A whole round without a single timer: 21 blocks at less than 2δ + slack each, ten views of δ.
    let begin = cluster.now
    cluster.run(for: 120_000) { height() >= 42 }
    #expect(cluster.now - begin < 21 * 200 + 10 * 100)
    #expect(cluster.problems == [])
  }
}
