import Ledger
import LedgerStore
import Replication
import Sodium

/// Dying and coming back.
extension Cluster {
  func begin() {
    do {
      for node in nodes { try node.prepare() }
    } catch {
      report("simulator", "a new node cannot be prepared: \(error)")
    }
    for node in nodes { restart(node) }
    schedule(.client, in: 0)
  }

  /// The power goes: what was not synced is lost, or torn.
  func crash(_ node: SimulatedNode, back delay: Int64? = nil) {
    guard node.life != nil else { return }
    note(7, UInt64(node.index))
    trace?("\(now) node \(node.index) crashes at height \(node.head?.height ?? 0)")
    bury(node)
    let loss = node.files.crash(&generator)
    let batches = node.store.crash(&generator) + (node.incoming?.crash(&generator) ?? 0)
    if loss.lost + batches > 0 { faults.add(.lostWrite) }
    if loss.torn > 0 { faults.add(.tornWrite) }
    comeBack(node, delay)
  }

  private func bury(_ node: SimulatedNode) {
    node.life?.replica.stop()
    node.life = nil
    node.pausedUntil = 0
    for other in nodes where other.index != node.index { other.life?.replica.disconnected(from: node.validator) }
  }

  private func comeBack(_ node: SimulatedNode, _ delay: Int64?) {
    guard !node.isRestarting else { return }
    node.isRestarting = true
    schedule(.restart(node: node.index), in: delay ?? Int64(generator.within(50...3_000)))
  }

  /// The node ended itself.
  func stop(_ node: SimulatedNode, _ failure: NodeFailure) {
    note(8, UInt64(node.index))
    trace?("\(now) node \(node.index) stops: \(failure)")
    switch failure {
    case .storage, .damaged:
      // What the disk did to it, or what it must not be able to do to itself.
      guard node.isFrail || node.power.hasFailed || !node.isHonest else {
        return report("health", "node \(node.index) stopped without a fault of its disk: \(failure)")
      }
    case .restart:
      // The state of others is here and takes the place of the own one.
      guard let incoming = node.incoming else { return report("health", "node \(node.index) waits for nothing") }
      node.store.restore(incoming)
      node.incoming = nil
      snapshotsTaken += 1
    case .diverged, .alarm, .configuration, .missing, .otherNetwork, .portInUse:
      if node.isHonest, !node.keyIsTainted {
        return report("health", "honest node \(node.index) stopped: \(failure)")
      }
    }
    crash(node)
    if node.isFrail, case .damaged = failure { repair(node) }
  }

  func restart(_ node: SimulatedNode) {
    guard node.life == nil, finding == nil else { return }
    node.power.restore()
    options.planted?.beforeStart(node)
    do {
      try node.start()
    } catch {
      trace?("\(now) node \(node.index) does not start: \(error)")
      guard node.isFrail || node.power.hasFailed || !node.power.isOn || !node.isHonest else {
        return report("health", "node \(node.index) does not start: \(error)")
      }
      node.life = nil
      if node.power.isOn, node.isFrail { repair(node) }
      return comeBack(node, nil)
    }
    note(9, UInt64(node.index), node.head?.height ?? 0)
    trace?("\(now) node \(node.index) is up at height \(node.head?.height ?? 0)")
    if node.isHonest { checkers.started(node, self) }
    for other in nodes where other.index != node.index && other.life != nil {
      schedule(.connect(node: other.index, peer: node.validator), in: Int64(generator.within(1...40)))
      schedule(.connect(node: node.index, peer: other.validator), in: Int64(generator.within(1...40)))
    }
    settle(node)
  }

  /// What the messages of a damaged node advise: everything is moved away, and the peers give it back (C-23).
  func repair(_ node: SimulatedNode) {
    node.files.wipe()
    node.store.restore(library.blank)
    node.incoming = nil
    node.reported = 0
  }

  /// After a partition: both sides notice that the other is there.
  func reconnect() {
    for node in nodes where node.life != nil {
      for other in nodes where other.index != node.index && other.life != nil {
        schedule(.connect(node: node.index, peer: other.validator), in: Int64(generator.within(1...40)))
      }
    }
  }
}
