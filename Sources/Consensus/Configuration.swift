import Ledger
import Sodium

extension Machine {
  /// What all nodes of an epoch share, and who this one is. Times are milliseconds.
  package struct Configuration: Equatable, Sendable {
    package let validators: ValidatorSet
    /// This node's index in `validators`; nil for an observer, which follows and never votes.
    package let me: Int?
    /// Δ, the bound on message delay that the timers start from.
    package let delta: Int64
    /// No timer of a view is longer (C-13).
    package let maximumTimer: Int64
    /// How often what may have been lost is sent and asked for again (C-12).
    package let retryInterval: Int64
    /// How long a quiet chain waits before one empty block (C-14).
    package let idleInterval: Int64
    /// C-23: whether a validator asks the others what they remember of its key before its first vote. It does wherever
    /// its sign state comes from a disk.
    package let asksFirst: Bool
    /// Views kept below the finalized floor, for peers that are a little behind.
    package let retention: UInt64
    /// Views kept in all; a network that finalizes nothing for longer forgets the oldest.
    package let maximumViews: Int

    package init(
      validators: ValidatorSet, me: Int?, delta: Int64, maximumTimer: Int64 = 30_000, retryInterval: Int64 = 1_000,
      idleInterval: Int64 = 60_000, asksFirst: Bool = false, retention: UInt64 = 64, maximumViews: Int = 16_384
    ) {
      precondition(validators.count >= 1 && validators.count <= ValidatorSet.maximumCount)
      precondition(me == nil || validators.validators.indices.contains(me!))
      precondition(delta > 0 && maximumTimer >= 3 * delta && retryInterval > 0 && idleInterval > 0)
      precondition(maximumViews > Int(retention) + 16)
      self.validators = validators
      self.me = me
      self.delta = delta
      self.maximumTimer = maximumTimer
      self.retryInterval = retryInterval
      self.idleInterval = idleInterval
      self.asksFirst = asksFirst
      self.retention = retention
      self.maximumViews = maximumViews
    }
  }

  /// The newest block that is finalized with its body durable here: where this node stands.
  package struct Floor: Equatable, Sendable {
    package let view: UInt64
    package let payload: Digest
    /// Nil where an epoch begins: view 0 holds the genesis block or the boundary block of the epoch before (C-32).
    package let finalization: Certificate?

    package init(view: UInt64, payload: Digest, finalization: Certificate?) {
      self.view = view
      self.payload = payload
      self.finalization = finalization
    }
  }
}
