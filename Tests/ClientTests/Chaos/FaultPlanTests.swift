import Client
import Testing

@Suite("What a seed does to the nodes")
struct FaultPlanTests {
  static let plans = (1...100).map { FaultPlan.make(seed: UInt64($0), nodes: 4, seconds: 300) }

  @Test("The same seed does the same, another one something else") func seeds() {
    #expect(FaultPlan.make(seed: 7, nodes: 4, seconds: 120) == FaultPlan.make(seed: 7, nodes: 4, seconds: 120))
    #expect(FaultPlan.make(seed: 7, nodes: 4, seconds: 120) != FaultPlan.make(seed: 8, nodes: 4, seconds: 120))
  }

  @Test("At most f nodes are gravely hurt at once but in the phases that go beyond", arguments: [4, 7, 10])
  func bounded(_ nodes: Int) {
    for seed in 1...100 {
      for phase in FaultPlan.make(seed: UInt64(seed), nodes: nodes, seconds: 200).phases where phase.shape != .beyond {
        #expect(phase.mostHurt <= (nodes - 1) / 3, "seed \(seed): \(phase)")
      }
    }
  }

  @Test("A phase with one fault has one") func single() {
    for plan in Self.plans {
      for phase in plan.phases where phase.shape == .single { #expect(phase.faults.count == 1) }
    }
  }

  @Test("A node has no two grave faults at one time, and none with itself") func possible() {
    for phase in Self.plans.flatMap(\.phases) {
      for (index, fault) in phase.faults.enumerated() {
        for other in phase.faults[(index + 1)...] where fault.isGrave && other.isGrave && fault.node == other.node {
          #expect(other.start >= fault.end, "\(phase)")
        }
        switch fault.kind {
        case .cut(let other), .mute(let other): #expect(other != fault.node)
        default: break
        }
      }
    }
  }

  @Test("Five minutes bring every kind of fault, and phases of every shape") func whole() {
    for plan in Self.plans {
      #expect(Set(plan.phases.flatMap(\.faults).map(\.name)) == Set(Fault.names))
      #expect(Set(plan.phases.map(\.shape)) == [.single, .overlapping, .beyond])
    }
  }

  @Test("A stopped process is stopped for ten seconds where it is the only fault") func pause() {
    for phase in Self.plans.flatMap(\.phases) where phase.shape == .single && phase.faults[0].kind == .pause {
      #expect(phase.milliseconds == 10_500)
    }
  }

  @Test("The picture shows what was done when") func picture() {
    var timeline = Timeline(names: ["a", "bb"])
    timeline.begin("K", row: 0, at: 1000)
    timeline.end("K", row: 0, at: 3000)
    timeline.begin("d", row: 1, at: 0)
    timeline.begin("S", row: 1, at: 4000)
    timeline.acknowledge(8, at: 0)
    timeline.acknowledge(1, at: 5999)
    let lines = timeline.picture(milliseconds: 6000).split(separator: "\n")
    #expect(lines[0] == "a   ·KK···")
    #expect(lines[1] == "bb  ddddSS")
    #expect(lines[2].hasSuffix("█    ▁"))
  }
}
