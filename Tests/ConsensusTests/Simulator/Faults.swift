import Consensus
import Ledger

/// What befalls a cluster in its safety phase.
extension Cluster {
  func beginFaults() {
    crashPermille = generator.within(0...6)
    queue.push(.fault, at: now + 200)
  }

  /// One fault now, the next one later.
  func strike() {
    guard crashPermille >= 0 else { return }
    faults += 1
    let kind = generator.below(14)
    note(0xfa17, UInt64(kind))
    switch kind {
    case 0, 1:
      network.lossPercent = generator.within(0...30)
      network.duplicationPercent = generator.within(0...50)
    case 2:
      network.spikePercent = generator.within(0...10)
    case 3, 4:
      let side = Set((0..<count).filter { _ in generator.percent(50) })
      if side.isEmpty || side.count == count { faults -= 1 } else { network.split(side) }
    case 5:
      let from = generator.below(count)
      network.mute(from: from, to: (0..<count).filter { _ in generator.percent(60) })
    case 6, 7, 8:
      if network.isWhole { faults -= 1 } else { heal() }
    case 11:
      network.starved = network.starved == nil ? VoteKind.allCases[generator.below(3)] : nil
    case 9, 10:
      crash(generator.below(count))
    default:
      if generator.percent(40) { for node in 0..<count { crash(node) } } else { faults -= 1 }
    }
    queue.push(.fault, at: now + Int64(generator.within(100...1_500)))
  }

  private func heal() {
    network.heal()
    for node in 0..<count { reconnect(node) }
  }

  /// Ends all faults for `core`; the others may be as lost as they are, or simply gone.
  func heal(core: [Int], others: Bool) {
    crashPermille = -1
    network.heal()
    network.lossPercent = 0
    network.duplicationPercent = 0
    network.spikePercent = 0
    network.starved = nil
    let rest = Set((0..<count).filter { !core.contains($0) && adversaries[$0] == nil })
    if !others { network.split(rest) }
    for node in core {
      if nodes[node].machine == nil { restart(node) } else { reconnect(node) }
    }
  }
}
