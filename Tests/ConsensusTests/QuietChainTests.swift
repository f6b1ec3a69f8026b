import Consensus
import Testing

@Suite("A quiet chain in a whole cluster")
struct QuietChainTests {
  private func quiet() -> Cluster {
    let cluster = Cluster(count: 4, seed: 5)
    cluster.startAll()
    cluster.run(for: 10_000) { cluster.nodes.allSatisfy { $0.disk.height >= 10 } }
    for node in 0..<4 { cluster.turn(node, .idle(true)) }
    cluster.run(for: 2_000)
    return cluster
  }

  @Test("It makes about one empty block an interval, and sends little")
  func rests() {
    let cluster = quiet()
    let height = cluster.agreement.chain.count
    let packets = cluster.packetsSent
    cluster.run(for: 10 * cluster.options.idleInterval)
    #expect(cluster.packetsSent - packets < 4_000)
    #expect((9...11).contains(cluster.agreement.chain.count - height))
    #expect(cluster.problems == [])
  }

  @Test("A document at one node alone brings a block though the leader of the view is gone")
  func wakes() {
    let cluster = quiet()
    let height = cluster.agreement.chain.count
    let leader = cluster.validators.leader(of: cluster.nodes[0].machine!.currentView)
    cluster.network.split([leader])
    cluster.turn((leader + 2) % 4, .idle(false))
    cluster.run(for: 5_000) { cluster.agreement.chain.count > height }
    #expect(cluster.agreement.chain.count > height)
    #expect(cluster.problems == [])
  }
}
