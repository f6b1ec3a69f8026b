import Simulator
import Testing

/// What the simulator is worth: bugs that are planted in the shell around the replica are found.
@Suite("Planted bugs", .serialized)
struct PlantedFaultTests {
  @Test("A planted bug is found within its number of seeds", arguments: PlantedFault.allCases)
  func isFound(_ fault: PlantedFault) {
    var campaign = Campaign(seeds: 1...UInt64(fault.seeds), nodes: 4)
    campaign.planted = fault
    campaign.stopsAtFinding = true
    let summary = campaign.run()
    #expect(!summary.failures.isEmpty, "\(fault) was not found within \(fault.seeds) seeds")
  }

  @Test("A shorter history is found for a failure, and its command repeats it")
  func isShrunk() throws {
    var campaign = Campaign(seeds: 1...60, nodes: 4)
    campaign.planted = .voteForgotten
    campaign.stopsAtFinding = true
    let failure = try #require(campaign.run().failures.first)
    var shrinker = Shrinker(campaign.options(failure.seed), checker: failure.checker)
    let shrunk = shrinker.shrink()
    let (options, finding) = try #require(shrunk)
    #expect(finding.checker == failure.checker)
    #expect(!options.without.isEmpty)
    #expect(options.command.contains("--without"))
  }
}
