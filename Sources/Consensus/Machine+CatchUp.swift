import Ledger

/// What one peer has been answered since the last retry.
struct PeerBudget: Equatable, Sendable {
  let peer: Int
  var answered = false
  var served = 0
}

/// Asking for what is missing, and answering those who ask or lag.
extension Machine {
  static let maximumPeers = 128
  static let maximumServed = 8

  /// C-12: the certificate that brought this node where it is, and the newest finalization.
  var bestCertificates: [Certificate] {
    let finalization = state(finalizedView)?.finalization ?? floor.finalization
    return [finalization, entry == finalization ? nil : entry].compactMap { $0 }
  }

  mutating func budget(of peer: Int) -> Int? {
    var index = 0
    while index < budgets.count && budgets[index].peer < peer { index += 1 }
    if index == budgets.count || budgets[index].peer != peer {
      guard budgets.count < Machine.maximumPeers else { return nil }
      budgets.insert(PeerBudget(peer: peer), at: index)
    }
    return index
  }

  /// C-12: once a retry interval for each peer.
  mutating func answerStraggler(_ peer: Int) {
    guard peer != configuration.me, let index = budget(of: peer), !budgets[index].answered else { return }
    budgets[index].answered = true
    for certificate in bestCertificates { actions.append(.send(.certificate(certificate), to: peer)) }
  }

  mutating func serve(_ requested: [UInt64], to peer: Int) {
    guard let index = budget(of: peer), budgets[index].served < Machine.maximumServed else { return }
    budgets[index].served += 1
    for view in requested.prefix(Message.maximumFetch) {
      guard let state = state(view) else { continue }
      for certificate in [state.finalization ?? state.notarization, state.nullification] {
        if let certificate { actions.append(.send(.certificate(certificate), to: peer)) }
      }
    }
    // They ask for what is forgotten here: what they need is the newest finalization.
    if requested.contains(where: { $0 <= forgotten }) { answerStraggler(peer) }
  }

  /// The highest ancestor of the newest finalized block that is not known here.
  private var missingAncestor: UInt64? {
    guard finalizedView > floor.view else { return nil }
    var view = finalizedView
    while view > floor.view {
      guard let proposal = state(view)?.chosen else { return view }
      view = proposal.parentView
    }
    return nil
  }

  /// At most `maximumFetch` views whose certificates would let this node go on.
  private var missingViews: [UInt64] {
    var missing: [UInt64] = []
    if let ancestor = missingAncestor {
      var view = ancestor
      while view > floor.view && missing.count < Message.maximumFetch / 2 {
        if state(view)?.chosen == nil { missing.append(view) }
        view -= 1
      }
    }
    // C-4 for the proposal at hand.
    if let proposal = state(currentView)?.proposal, proposal.parentView >= finalizedView {
      if proposal.parentView > floor.view && state(proposal.parentView)?.chosen == nil {
        missing.append(proposal.parentView)
      }
      var view = currentView - 1
      while view > proposal.parentView && missing.count < Message.maximumFetch {
        if !isNullified(view) { missing.append(view) }
        view -= 1
      }
    }
    // C-7 for the own turn, and what any later proposal will build on.
    var view = currentView - 1
    while view > finalizedView && missing.count < Message.maximumFetch {
      let state = state(view)
      if state?.certified ?? false { break }
      if state?.chosen == nil && state?.nullification == nil { missing.append(view) }
      view -= 1
    }
    var unique: [UInt64] = []
    for view in missing.sorted() where unique.last != view { unique.append(view) }
    return Array(unique.prefix(Message.maximumFetch))
  }

  /// The proposer first, then one after the other.
  private func peer(_ turn: Int) -> Int? {
    let count = validators.count
    let first = validators.leader(of: currentView)
    for step in 0..<count {
      let peer = (first + turn + step) % count
      if peer != configuration.me { return peer }
    }
    return nil
  }

  mutating func requestMissing() {
    let missing = missingViews
    guard !missing.isEmpty, let peer = peer(attempt) else { return }
    actions.append(.send(.fetch(views: missing), to: peer))
  }

  /// C-7: at once when a view turns out to need it; then at each retry.
  mutating func fetchOnce() {
    guard !hasFetched else { return }
    hasFetched = true
    let missing = missingViews
    guard !missing.isEmpty, let peer = peer(0) else { return }
    actions.append(.send(.fetch(views: missing), to: peer))
  }

  /// One missing ancestor after the other, without waiting for the retry.
  mutating func chase() {
    guard let ancestor = missingAncestor, ancestor != chased, let peer = peer(attempt) else { return }
    chased = ancestor
    actions.append(.send(.fetch(views: missingViews), to: peer))
  }

  /// The proposer first. Then whoever signed: at least f + 1 of q are honest, and had the body durable before they did.
  mutating func fetchBody(at index: Int, turn: Int) {
    let state = views[index]
    guard let proposal = state.candidate else { return }
    var holders = state.finalization?.signers ?? state.notarization?.signers ?? 0
    if holders == 0 { for vote in state.notarizes.votes { holders |= 1 << UInt32(vote.signer) } }
    if let me = configuration.me { holders &= ~(1 << UInt32(me)) }
    let peers = (0..<validators.count).filter { holders & (1 << UInt32($0)) != 0 }
    guard !peers.isEmpty else { return }
    let leader = validators.leader(of: proposal.view)
    let peer = turn == 0 && peers.contains(leader) ? leader : peers[turn % peers.count]
    actions.append(.fetchBody(proposal.payload, from: peer))
  }

  /// Bodies that did not come, and verdicts that were put off, again. At most as many as a fetch names.
  mutating func requestBodies() {
    var asked = 0
    for index in start(above: floor.view)..<views.count where asked < Message.maximumFetch {
      // A proposal of a view that has passed matters only when q have chosen it.
      guard let proposal = views[index].candidate, views[index].chosen != nil || proposal.view == currentView
      else { continue }
      switch views[index].verification {
      case .asked: fetchBody(at: index, turn: attempt)
      case .notYet(let purpose):
        guard let parent = payload(of: proposal.parentView) else { continue }
        actions.append(.verify(proposal, parentPayload: parent, purpose))
      default: continue
      }
      asked += 1
    }
  }
}
