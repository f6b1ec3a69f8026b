import Ledger

/// C-15 and C-23: votes that contradict each other.
extension Machine {
  /// A vote against what is held of the same signer.
  mutating func accuse(_ vote: Vote, at index: Int) {
    for kind in VoteKind.allCases {
      guard let held = views[index].vote(kind, of: vote.signer) else { continue }
      accuse(held, vote, at: index)
    }
  }

  /// A certificate, before it is held, against the votes and certificates that exclude it.
  mutating func accuse(_ certificate: Certificate, at index: Int) {
    let state = views[index]
    guard
      state.finalization != nil || !state.finalizes.votes.isEmpty || !state.notarizes.votes.isEmpty
        || (certificate.kind == .finalize && !state.isEmpty)
    else { return }
    for vote in certificate.votes { accuse(vote, at: index) }
  }

  private mutating func accuse(_ a: Vote, _ b: Vote, at index: Int) {
    guard let evidence = Evidence(a, b) else { return }
    if a.subject.kind == .notarize, a.signer == validators.leader(of: a.subject.view) {
      views[index].equivocated = true
    }
    let bit: UInt32 = 1 << UInt32(a.signer)
    guard views[index].accused & bit == 0 else { return }
    views[index].accused |= bit
    actions.append(.evidence(evidence))
  }

  /// C-23: a vote by the own key that this node has no record of. Someone else has the key, or this node's disk is an
  /// old one; either way it must not sign below that vote.
  mutating func suspend(because vote: Vote) {
    switch voting {
    case .stopped: return
    case .suspended(let above, let reports):
      // Expected: these are the votes that it is waiting to outlive.
      voting = .suspended(above: max(above, vote.subject.view), reports: reports)
    case .normal:
      voting = .suspended(above: vote.subject.view, reports: .max)
      actions.append(.alarm(.keyUsedElsewhere(vote)))
    }
    rules.record(vote.subject)
  }

  /// C-23: what a peer remembers of this key.
  mutating func hear(_ signer: Int, _ vote: Vote?, _ finalization: Certificate?, from peer: Int) {
    guard signer == configuration.me, peer >= 0, peer < validators.count, peer != signer,
      case .suspended(let above, let reports) = voting
    else { return }
    if let finalization { take(finalization) }
    guard case .suspended = voting else { return }
    let highest = max(above, vote?.signer == signer ? vote?.subject.view ?? 0 : 0)
    voting = .suspended(above: highest, reports: reports | 1 << UInt32(peer))
  }

  mutating func reportNewestVote(of signer: Int, to peer: Int) {
    guard signer >= 0, signer < validators.count, let budget = budget(of: peer),
      budgets[budget].served < Machine.maximumServed
    else { return }
    budgets[budget].served += 1
    var newest: Vote?
    for state in views.reversed() {
      newest = VoteKind.allCases.compactMap { state.vote($0, of: signer) }.first
      if newest != nil { break }
    }
    let finalization = state(finalizedView)?.finalization ?? floor.finalization
    actions.append(
      .send(
        .newestVote(of: signer, epoch: validators.epoch, newest, finalization: finalization), to: peer))
  }

  /// C-23: ends a suspension at a finalization above everything that the key is known to have signed.
  mutating func resume() {
    guard case .suspended(let above, let reports) = voting, reports.nonzeroBitCount >= validators.quorum - 1,
      finalizedView > above
    else { return }
    rules.close(through: finalizedView)
    voting = .normal
  }
}
