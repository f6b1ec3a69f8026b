import Consensus

/// A machine holds the views between its retention floor and the next view, and not one more.
enum BoundedMemory {
  static func check(_ machine: Machine) -> String? {
    let range = machine.currentView + 1 - (machine.logFloor - 1)
    guard machine.heldViews <= Int(range), machine.heldViews <= machine.configuration.maximumViews + 1 else {
      return "holds \(machine.heldViews) views between \(machine.logFloor) and \(machine.currentView)"
    }
    return nil
  }
}
