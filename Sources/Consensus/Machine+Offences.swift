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

  /// C-23: not sure yet of what this key has signed.
  var isAsking: Bool {
    switch voting {
    case .asking, .suspended: true
    case .normal, .stopped: false
    }
  }

  /// C-23: a vote by the own key that this node has no record of. Someone else has the key, or this node's disk is an
  /// old one; either way it must not sign below that vote.
  mutating func suspend(because vote: Vote) {
    switch voting {
    case .stopped: return
    case .asking(let reports): voting = .suspended(above: vote.subject.view, reports: reports)
    case .suspended(let above, let reports):
      // Expected: these are the votes that it is waiting to outlive.
      voting = .suspended(above: max(above, vote.subject.view), reports: reports)
    case .normal:
      // A vote of before this node began to vote was signed by an earlier life; a later one by another process, now,
      // and there will be more. Only a new start, and so an operator, ends that.
      voting = .suspended(above: vote.subject.view > votingSince ? .max : vote.subject.view, reports: .max)
      actions.append(.alarm(.keyUsedElsewhere(vote)))
    }
    rules.record(vote.subject)
  }

  /// C-23: what a peer remembers of this key, and where it is.
  mutating func hear(_ signer: Int, _ vote: Vote?, _ certificates: [Certificate], from peer: Int) {
    guard signer == configuration.me, peer >= 0, peer < validators.count, peer != signer, isAsking else { return }
    for certificate in certificates { take(certificate) }
    let vote = vote?.signer == signer ? vote : nil
    let bit: UInt32 = 1 << UInt32(peer)
    switch voting {
    case .asking(let reports):
      if let vote, rules.permits(vote.subject) {
        voting = .suspended(above: vote.subject.view, reports: reports | bit)
      } else {
        voting = .asking(reports: reports | bit)
      }
    case .suspended(let above, let reports):
      // A validator votes only in views that a certificate has led it into, and it has sent that to everyone.
      let reached = certificates.map { $0.view + 1 }.max() ?? 0
      voting = .suspended(above: max(above, vote?.subject.view ?? 0, reached), reports: reports | bit)
    case .normal, .stopped: break
    }
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
        .newestVote(of: signer, epoch: validators.epoch, newest, finalization: finalization, entry: entry), to: peer))
  }

  /// C-23: ends when nobody contradicts a whole sign state, or at a finalization above everything that the key is known
  /// to have signed.
  mutating func resume() {
    switch voting {
    case .normal, .stopped: return
    case .asking(let reports):
      guard reports.nonzeroBitCount >= validators.quorum - 1 else { return }
    case .suspended(let above, let reports):
      guard reports.nonzeroBitCount >= validators.quorum - 1, finalizedView > above else { return }
      rules.close(through: finalizedView)
    }
    votingSince = currentView
    voting = .normal
  }

  /// Two processes with one key cannot both be connected with q − 1 others: an answer counts while its connection lives.
  mutating func forgetReport(of peer: Int) {
    guard peer >= 0, peer < validators.count else { return }
    let bit: UInt32 = 1 << UInt32(peer)
    switch voting {
    case .asking(let reports): voting = .asking(reports: reports & ~bit)
    case .suspended(let above, let reports) where reports != .max:
      voting = .suspended(above: above, reports: reports & ~bit)
    case .suspended, .normal, .stopped: break
    }
  }
}
