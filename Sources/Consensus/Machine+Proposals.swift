import Ledger
import Sodium

/// Leading, following, giving up and committing: every vote of this node starts here.
extension Machine {
  private mutating func sign(_ subject: VoteSubject) {
    precondition(mayVote && rules.permits(subject))
    rules.record(subject)
    actions.append(.sign(subject))
  }

  /// C-7: build on the highest parent that C-4 allows. What is missing is fetched, and the turn is kept.
  mutating func lead() {
    guard mayVote, configuration.me == validators.leader(of: currentView), awake, building == nil, !buildFailed,
      currentView > max(rules.notarized, rules.nullified, rules.finalized),
      state(currentView)?.notarization == nil
    else { return }
    guard let parent = bestParent, let payload = payload(of: parent) else { return fetchOnce() }
    building = parent
    actions.append(.build(view: currentView, parentView: parent, parentPayload: payload))
  }

  private var bestParent: UInt64? {
    var view = currentView - 1
    while view >= finalizedView {
      if isReady(parent: view) { return view }
      guard view > 0, isNullified(view) else { return nil }
      view -= 1
    }
    return nil
  }

  /// The own block is built, and by that valid and durable.
  mutating func propose(_ payload: Digest, in view: UInt64) {
    guard view == currentView, let parent = building else { return }
    let proposal = Proposal(view: view, parentView: parent, payload: payload)
    guard mayVote, rules.permits(.notarize(proposal)) else { return }
    guard parent >= finalizedView else {
      // C-4: overtaken while building.
      building = nil
      return
    }
    let index = hold(view)
    guard views[index].candidate == nil else { return }
    views[index].setProposal(proposal)
    views[index].verification = .valid
    sign(.notarize(proposal))
  }

  /// C-4, but for the leader, whose own block is as it should be.
  mutating func follow() {
    guard mayVote, let index = index(of: currentView), let proposal = views[index].proposal,
      configuration.me != validators.leader(of: currentView), views[index].chosen == nil,
      rules.permits(.notarize(proposal)), proposal.parentView >= finalizedView
    else { return }
    guard isReady(parent: proposal.parentView), let parent = payload(of: proposal.parentView) else {
      return fetchOnce()
    }
    if views[index].verification == .none {
      views[index].verification = .asked(.vote)
      actions.append(.verify(proposal, parentPayload: parent, .vote))
    }
    guard areNullified(between: proposal.parentView, and: currentView) else { return fetchOnce() }
    if views[index].verification == .valid { sign(.notarize(proposal)) }
  }

  /// C-8, C-6, C-9. "Not yet" is no reason: the timers are.
  mutating func giveUp() {
    guard mayVote, rules.permits(.nullify(view: currentView)) else { return }
    let state = state(currentView)
    let leader = validators.leader(of: currentView)
    let isInvalid = state.map { $0.chosen == nil && $0.verification == .invalid } ?? false
    let leaderGaveUp = state?.vote(.nullify, of: leader) != nil
    let leaderIsLate = leaderExpired && state?.candidate == nil
    if viewExpired || leaderIsLate || isInvalid || leaderGaveUp || buildFailed {
      sign(.nullify(view: currentView))
    }
  }

  /// C-3. A nullified view is passed over as well: its finalization can no longer come about.
  mutating func voteFinalize() {
    guard mayVote else { return }
    for index in start(above: max(finalizedView, rules.finalized, rules.nullified))..<views.count {
      let state = views[index]
      guard state.certified, !state.equivocated, state.nullification == nil,
        let proposal = state.notarization?.subject.proposal, rules.permits(.finalize(proposal))
      else { continue }
      sign(.finalize(proposal))
    }
  }
}
