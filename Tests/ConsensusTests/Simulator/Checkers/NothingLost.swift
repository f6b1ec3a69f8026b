import Consensus
import Sodium

/// What a node had finalized before a crash it has after the restart, at the latest when it starts.
enum NothingLost {
  static func check(_ node: SimulatedNode, genesis: Digest) -> String? {
    guard let machine = node.machine else { return nil }
    let store = node.disk.floor(genesis: genesis)
    guard machine.floor == store else { return "\(node.index): machine at \(machine.floor), store at \(store)" }
    guard machine.floor.view >= node.finalizedAtSync else {
      return "\(node.index): lost what it had finalized at view \(node.finalizedAtSync)"
    }
    return nil
  }
}
