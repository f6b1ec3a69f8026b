import Consensus
import Ledger
import LedgerStore
import Replication
import Sodium

/// C-22: between turns, the log gives back the machine, as far as it is durable.
struct ReplayEquality {
  private(set) var checks = 0

  mutating func check(_ node: SimulatedNode, _ cluster: Cluster) -> String? {
    guard let replica = node.life?.replica, node.power.isOn, replica.machine.voting == .normal else { return nil }
    checks += 1
    let machine = replica.machine
    do {
      let files = node.files.copy(VirtualPower())
      let log = try WriteAheadLog(folder: SimulatedNode.log, files: files)
      var records: [LogRecord] = []
      try log.replay { _, bytes throws(StorageFailure) in
        if let record = ReplayEquality.record(bytes, epoch: replica.epoch.number) { records.append(record) }
      }
      let again = Machine(
        configuration: machine.configuration, replaying: records, floor: machine.floor,
        signState: machine.rules)
      let (old, new) = (machine.durable, again.durable)
      guard old != new else { return nil }
      let views = old.views.filter { !new.views.contains($0) }.map(\.view)
      let others = new.views.filter { !old.views.contains($0) }.map(\.view)
      return """
        C-22: the log of node \(node.index) gives another machine: view \(old.currentView) \(new.currentView), \
        finalization \(old.finalizedView) \(new.finalizedView), rules \(old.rules) \(new.rules), \
        only in memory \(views), only in the log \(others)
        """
    } catch {
      return "C-22: the log of node \(node.index) cannot be read: \(error)"
    }
  }

  /// What an entry says of the machine in this epoch; nil for bodies and for other epochs.
  static func record(_ bytes: [UInt8], epoch: UInt64) -> LogRecord? {
    var reader = CBORReader(bytes)
    guard let count = try? reader.array(upTo: 4), count == 3, (try? reader.unsigned()) == 1,
      (try? reader.unsigned()) == epoch
    else { return nil }
    return try? reader.value()
  }
}
