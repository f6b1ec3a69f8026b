import Client
import Foundation
import Testing

extension ProcessTests {
  @Suite("The story while validators are killed") struct StoryTests {
    /// Which validator is killed before which step, and started again before which.
    struct Interruption: Sendable, CustomTestStringConvertible {
      let validator: String
      let killed: Int
      let restarted: Int

      init(_ number: Int) {
        validator = "validator-\(number)"
        killed = 5 + 7 * (number - 1)
        restarted = killed + 5
      }

      var testDescription: String { "\(validator) killed after step \(killed)" }
    }

    @Test(
      "It ends as told, and every node comes to the same state",
      arguments: [[Interruption(1), Interruption(3)], [Interruption(2), Interruption(4)]])
    func story(_ interruptions: [Interruption]) async throws {
      // A day passes in 375 ms: 60 days to maturity are long enough for views whose leader is dead.
      try await TestNetwork.with(.whole, clockRate: 230_400) { network in
        try network.processes.startAll()
        try await network.processes.waitUntilReady()
        var steps: [StoryStep] = []
        let story = try await Story(
          client: NodeClient(network.processes.seats.prefix(4).map(\.url)), keys: network.folder + "/keys",
          files: Program.repository + "/genesis/demo/ubl", offerWindow: .seconds(8)
        ) { step in
          steps.append(step)
          if !step.isAsExpected { Issue.record("\(step.line)") }
          for interruption in interruptions {
            if step.number == interruption.killed { network.processes.kill(interruption.validator) }
            if step.number == interruption.restarted {
              #expect(throws: Never.self) { try network.processes.start(interruption.validator) }
            }
          }
        }
        let isAsTold = try await story.play()
        #expect(isAsTold, "\(steps.map(\.line).joined(separator: "\n"))")
        #expect(steps.count > 40)
        let newest = steps.compactMap(\.height).max() ?? 0
        let agreed = try await network.agreement()
        #expect(agreed.height >= newest)
      }
    }
  }
}
