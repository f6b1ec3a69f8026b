import Consensus
import Replication

/// A machine holds the views between its retention floor and the next view, and not one more; the log and its folder do
/// not grow with the chain.
enum BoundedMemory {
  static let maximumFiles = 40
  static let maximumBytes = 48 << 20

  static func check(_ node: SimulatedNode) -> String? {
    guard let machine = node.life?.replica.machine else { return nil }
    let range = machine.currentView + 2 - min(machine.floor.view, machine.currentView) + machine.configuration.retention
    guard machine.heldViews <= Int(range), machine.heldViews <= machine.configuration.maximumViews + 1 else {
      return "node \(node.index) holds \(machine.heldViews) views from \(machine.logFloor) to \(machine.currentView)"
    }
    guard node.files.count <= maximumFiles else { return "node \(node.index) keeps \(node.files.count) files" }
    guard node.files.byteCount <= maximumBytes else { return "node \(node.index) keeps \(node.files.byteCount) bytes" }
    return nil
  }
}
