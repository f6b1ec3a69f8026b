import Consensus
import Ledger
import Sodium

/// What survives a crash: the log up to the last sync (and perhaps a part of what came after), the sign-state file, the
/// bodies, and the chain with its finalizations.
struct SimulatedDisk {
  private(set) var log: [LogRecord] = []
  private(set) var synced = 0
  /// Nil when the file is gone.
  private(set) var signState: VotingRules? = VotingRules()
  var bodies: Set<Digest> = []
  /// One a `.finalized`: never split, so that each ends with a finalization.
  private(set) var batches: [Batch] = []
  private(set) var height = 0

  struct Batch: Equatable {
    let blocks: [Proposal]
    let finalization: Certificate
  }

  var hasUnsynced: Bool { synced < log.count }

  mutating func append(_ record: LogRecord) { log.append(record) }

  mutating func sync(_ rules: VotingRules) {
    synced = log.count
    if signState == nil { signState = rules } else { signState?.merge(rules) }
  }

  mutating func finalize(_ batch: Batch) {
    batches.append(batch)
    height += batch.blocks.count
  }

  /// Replaced by an empty one: log, sign-state, bodies and chain are gone.
  mutating func wipe() {
    self = SimulatedDisk()
    signState = nil
  }

  /// A crash keeps `kept` of the records that no sync has confirmed: the torn tail is cut (C-24).
  mutating func crash(keeping kept: Int) {
    log.removeLast(log.count - synced - min(kept, log.count - synced))
    synced = log.count
  }

  /// The log is never cut above the executed block (here: the last finalized).
  mutating func prune(below view: UInt64) {
    let bound = min(view, floor(genesis: .zero).view)
    guard !hasUnsynced else { return }
    log.removeAll { $0.view < bound }
    synced = log.count
  }

  func floor(genesis: Digest) -> Machine.Floor {
    guard let last = batches.last, let block = last.blocks.last else {
      return Machine.Floor(view: 0, payload: genesis, finalization: nil)
    }
    return Machine.Floor(view: block.view, payload: block.payload, finalization: last.finalization)
  }
}
