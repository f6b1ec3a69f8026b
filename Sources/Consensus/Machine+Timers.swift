import Ledger

/// Time, as far as the machine knows it: timers that it arms and that come back.
extension Machine {
  /// C-13: Δ, half as much again for each view beyond two since the last finalization, in whole milliseconds. Three of
  /// it are never more than `maximumTimer`; only a finalization makes it small again.
  var currentDelta: Int64 {
    let cap = configuration.maximumTimer / 3
    var delta = min(configuration.delta, cap)
    var views = currentView - finalizedView
    while views > 2 && delta < cap {
      delta = min(delta + (delta + 1) / 2, cap)
      views -= 1
    }
    return delta
  }

  /// C-6: no vote of this leader in the last round, while the others went from view to view.
  private var leaderIsSilent: Bool { silence[validators.leader(of: currentView)] >= validators.count }

  /// C-6, C-14: the timers of the view, or the long one of a quiet chain.
  mutating func arm() {
    guard mustArm else { return }
    mustArm = false
    if awake {
      let delta = leaderIsSilent ? 0 : currentDelta
      actions.append(.arm(.leader(currentView), milliseconds: 2 * delta))
      actions.append(.arm(.view(currentView), milliseconds: 3 * delta))
    } else {
      actions.append(.arm(.idle(currentView), milliseconds: configuration.idleInterval))
    }
  }

  mutating func expire(_ timer: Timer) {
    switch timer {
    case .leader(let view): if view == currentView && awake { leaderExpired = true }
    case .view(let view): if view == currentView && awake { viewExpired = true }
    case .idle(let view): if view == currentView { wake() }
    case .retry: retry()
    }
  }

  /// C-14: a document, a proposal, a vote for this view or a newer one, or the long timer.
  mutating func wake() {
    guard !awake else { return }
    awake = true
    mustArm = true
  }

  mutating func setIdle(_ idle: Bool) {
    self.idle = idle
    if !idle { return wake() }
    guard awake, building == nil, state(currentView)?.isEmpty ?? true else { return }
    awake = false
    leaderExpired = false
    viewExpired = false
    mustArm = true
  }

  mutating func heard(_ signer: Int, in view: UInt64) {
    if view + UInt64(validators.count) >= currentView { silence[signer] = 0 }
  }

  mutating func start() {
    started = true
    mustArm = true
    recount()
    enteredSinceRetry = false
    retry()
  }

  static let restingRetries = 10

  /// C-12: what may have been lost, again. The amount depends on the number of validators and on nothing else.
  mutating func retry() {
    budgets.removeAll(keepingCapacity: true)
    // C-14: a resting chain repeats itself seldom; whoever misses something sends, and is answered.
    if !enteredSinceRetry && (awake || attempt % Machine.restingRetries == 0) {
      for certificate in bestCertificates { actions.append(.broadcast(.certificate(certificate))) }
      rebroadcast(.notarize, in: currentView)
      rebroadcast(.nullify, in: currentView)
    }
    if rules.finalized > finalizedView { rebroadcast(.finalize, in: rules.finalized) }
    if isAsking, let me = configuration.me {
      actions.append(.broadcast(.fetchNewestVote(of: me, epoch: validators.epoch)))
    }
    requestMissing()
    requestBodies()
    if finalizedView > floor.view, let finalization = state(finalizedView)?.finalization {
      if incomplete { actions.append(.behind(finalization)) }
      incomplete = true
    }
    attempt = (attempt + 1) % 1_000_000
    enteredSinceRetry = false
    actions.append(.arm(.retry, milliseconds: configuration.retryInterval))
  }

  private mutating func rebroadcast(_ kind: VoteKind, in view: UInt64) {
    guard let me = configuration.me, let vote = state(view)?.tally(kind).vote(of: me) else { return }
    actions.append(.broadcast(.vote(vote)))
  }
}
