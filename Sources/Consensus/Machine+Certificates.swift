import Ledger

/// What q votes bring about.
extension Machine {
  /// A certificate that came from outside, already verified.
  mutating func take(_ certificate: Certificate) {
    guard wants(certificate) else { return }
    if let me = configuration.me, let own = certificate.vote(of: me), rules.permits(own.subject) {
      suspend(because: own)
    }
    // Fetched ones of older views are passed on to nobody: a backlog must not become a storm.
    hold(certificate, spread: certificate.view >= currentView)
  }

  /// C-9, C-10, C-11: durable, then broadcast once.
  mutating func hold(_ certificate: Certificate, spread: Bool) {
    let index = hold(certificate.view)
    guard views[index].certificate(certificate.kind) == nil else { return }
    accuse(certificate, at: index)
    views[index].set(certificate)
    for signer in 0..<validators.count where certificate.signers & (1 << UInt32(signer)) != 0 {
      heard(signer, in: certificate.view)
    }
    if certificate.kind == .finalize { finalizedView = max(finalizedView, certificate.view) }
    actions.append(.persist(.certificate(certificate)))
    if spread { actions.append(.broadcast(.certificate(certificate))) }
    if certificate.view >= currentView { wake() }

    let state = views[index]
    if let finalized = state.finalization?.subject.proposal {
      let notarized = state.notarization?.subject.proposal
      if state.nullification != nil || (notarized != nil && notarized != finalized) {
        stop(.conflictingCertificates(view: state.view))
      }
    }
  }

  /// C-9, C-10: makes what q have chosen certain here, parents first; also in views that have been left.
  mutating func certify() {
    for index in start(above: floor.view)..<views.count {
      guard !views[index].certified, let proposal = views[index].chosen else { continue }
      switch views[index].verification {
      case .valid:
        views[index].certified = true
        actions.append(.persist(.certified(proposal)))
      case .invalid:
        stop(.invalidBlockNotarized(proposal))
      case .asked(.certification), .notYet(.certification):
        break
      case let before:
        guard isReady(parent: proposal.parentView), let parent = payload(of: proposal.parentView) else { break }
        views[index].verification = .asked(.certification)
        actions.append(.verify(proposal, parentPayload: parent, .certification))
        // When the proposal itself was seen, its body is on the way.
        if before == .none { fetchBody(at: index, turn: 0) }
      }
    }
  }

  mutating func take(_ verdict: Verdict, on proposal: Proposal) {
    guard let index = index(of: proposal.view), views[index].candidate == proposal else { return }
    switch views[index].verification {
    case .none, .valid, .invalid: break
    case .asked(let purpose), .notYet(let purpose):
      switch verdict {
      case .valid: views[index].verification = .valid
      case .invalid: views[index].verification = .invalid
      case .notYet: views[index].verification = .notYet(purpose)
      }
    }
  }

  /// C-11: the highest finalization whose block is certified, and with it, by induction, all its ancestors.
  mutating func finalize() {
    guard finalizedView > floor.view else { return }
    // All that is final lies on one chain: where the way down from one block ends, those above it end too.
    var gap = UInt64.max
    for index in (start(above: floor.view)..<views.count).reversed() where views[index].view < gap {
      guard views[index].certified, let finalization = views[index].finalization else { continue }
      var chain: [Proposal] = []
      var view = views[index].view
      while view > floor.view {
        guard let ancestor = self.index(of: view), views[ancestor].certified, let proposal = views[ancestor].chosen
        else { break }
        chain.append(proposal)
        view = proposal.parentView
      }
      if view > floor.view {
        gap = view
        continue
      }
      guard view == floor.view, let newest = chain.first else {
        stop(.conflictingCertificates(view: views[index].view))
        return
      }
      floor = Floor(view: newest.view, payload: newest.payload, finalization: finalization)
      incomplete = false
      actions.append(.finalized(chain.reversed(), finalization))
      prune()
      return
    }
  }

  /// The shell got there by height.
  mutating func raiseFloor(to finalization: Certificate) {
    guard finalization.hasQuorum(of: validators), case .finalize(let proposal) = finalization.subject,
      proposal.view > floor.view, proposal.view < .max / 2
    else { return }
    take(finalization)
    guard voting != .stopped else { return }
    floor = Floor(view: proposal.view, payload: proposal.payload, finalization: finalization)
    incomplete = false
    prune()
  }

  mutating func stop(_ alarm: Alarm) {
    guard voting != .stopped else { return }
    voting = .stopped
    actions.append(.alarm(alarm))
  }
}
