import Consensus
import Testing

@Suite("A validator whose disk is gone or old")
struct LostDiskTests {
  private func cluster(seed: UInt64) -> Cluster {
    var options = Cluster.Options()
    options.asksFirst = true
    let cluster = Cluster(count: 4, seed: seed, options: options)
    cluster.startAll()
    cluster.run(for: 20_000) { cluster.nodes.allSatisfy { $0.disk.height >= 10 } }
    return cluster
  }

  /// Crashes node 2, lets `exchange` change its disk, and runs until it votes again and has what the others have.
  private func recover(_ cluster: Cluster, _ exchange: (inout SimulatedDisk) -> Void) {
    cluster.toleratesForeignVotes = true
    cluster.crash(2)
    cluster.run(for: 40)
    exchange(&cluster.nodes[2].disk)
    cluster.nodes[2].finalizedAtSync = 0
    cluster.restart(2)
    let target = cluster.agreement.chain.count + 30
    cluster.run(for: 60_000) {
      cluster.nodes[2].machine?.voting == .normal && cluster.nodes.allSatisfy { $0.disk.height >= target }
    }
    #expect(cluster.problems == [])
    #expect(cluster.nodes[2].machine?.voting == .normal)
    #expect(cluster.nodes.allSatisfy { $0.disk.height >= target })
  }

  @Test(
    "Wiped, it asks the others, waits for a finalization above its last vote, and votes again (C-23)", arguments: 1...20
  )
  func wiped(_ seed: Int) {
    let cluster = cluster(seed: UInt64(seed))
    recover(cluster) { $0.wipe() }
    #expect(cluster.alarms.isEmpty)
  }

  @Test(
    "With a backup, it hears of its later votes before it signs any, pauses, and votes again (C-23)", arguments: 1...20)
  func backup(_ seed: Int) {
    let cluster = cluster(seed: UInt64(seed))
    let backup = cluster.nodes[2].disk
    cluster.run(for: 3_000)
    recover(cluster) { $0 = backup }
    #expect(cluster.alarms.isEmpty && cluster.evidence.isEmpty)
  }
}
