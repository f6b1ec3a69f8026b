import Consensus
import Ledger

/// C-22: at the end of a turn, the log gives back the machine, as far as it is durable.
struct ReplayEquality {
  private(set) var checks = 0

  mutating func check(
    _ machine: Machine, _ disk: SimulatedDisk, _ configuration: Machine.Configuration, signState: VotingRules
  ) -> String? {
    checks += 1
    let replayed = Machine(
      configuration: configuration, replaying: disk.log, floor: machine.floor, signState: signState)
    let (old, new) = (machine.durable, replayed.durable)
    guard new != old else { return nil }
    let views = old.views.filter { !new.views.contains($0) }.map(\.view)
    let others = new.views.filter { !old.views.contains($0) }.map(\.view)
    return """
      C-22: the log gives another machine: floor \(old.floor.view) \(new.floor.view), \
      in view \(old.currentView) \(new.currentView), finalization \(old.finalizedView) \(new.finalizedView), \
      rules \(old.rules) \(new.rules), only there \(views), only here \(others)
      """
  }
}
