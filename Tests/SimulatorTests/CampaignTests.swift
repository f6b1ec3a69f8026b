import Simulator
import Testing

/// A fixed few hundred seeds: whole networks with everything going wrong that may.
@Suite("Simulated networks", .serialized)
struct CampaignTests {
  @Test(
    "No seed finds anything, and each tells something",
    arguments: [(1...200, 4), (1...12, 7), (1...3, 10)] as [(ClosedRange<UInt64>, Int)])
  func seeds(_ seeds: ClosedRange<UInt64>, _ nodes: Int) {
    let summary = Campaign(seeds: seeds, nodes: nodes).run()
    #expect(summary.failures.isEmpty, "\(summary.table)")
    #expect(summary.quietSeeds.isEmpty, "\(summary.table)")
    #expect(summary.seeds == seeds.count)
  }

  @Test("The same seed has the same history, on one thread or two")
  func repeats() {
    var campaign = Campaign(seeds: 1...6, nodes: 4)
    campaign.threads = 1
    let first = campaign.run()
    campaign.threads = 2
    #expect(campaign.run().digest == first.digest)
  }

  @Test("Every kind of fault really happens")
  func faults() {
    let summary = Campaign(seeds: 1...120, nodes: 4).run()
    let missing = summary.faults.byKind.filter { $0.count == 0 }.map(\.kind)
    #expect(missing.isEmpty, "\(missing)")
  }
}
