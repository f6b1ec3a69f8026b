import Ledger

/// Taking votes in, and giving own ones out.
extension Machine {
  /// C-5: whether a vote is worth the check of its signature. Bounded by the views from the retention floor to the next
  /// one: a huge view number is chased by nobody.
  package func wants(_ vote: Vote) -> Bool {
    let view = vote.subject.view
    guard vote.epoch == validators.epoch, vote.signer < validators.count, view > forgotten, view <= currentView + 1
    else { return false }
    // C-23: a vote by the own key matters only when this node has not signed it.
    if vote.signer == configuration.me { return rules.permits(vote.subject) }
    guard let index = index(of: view) else { return true }
    if let held = views[index].vote(vote.subject.kind, of: vote.signer) {
      return held.subject != vote.subject && views[index].accused & (1 << UInt32(vote.signer)) == 0
    }
    // A late vote changes no certificate, but shows that its signer is not silent (C-6).
    return views[index].certificate(vote.subject.kind)?.subject != vote.subject || silence[vote.signer] > 0
  }

  /// C-5: certificates for any view above the floor.
  package func wants(_ certificate: Certificate) -> Bool {
    guard certificate.hasQuorum(of: validators), certificate.view > floor.view, certificate.view < .max / 2 else {
      return false
    }
    guard let index = index(of: certificate.view) else { return true }
    return views[index].certificate(certificate.kind) == nil
  }

  package func wants(_ message: Message) -> Bool {
    switch message {
    case .vote(let vote): wants(vote)
    case .certificate(let certificate): wants(certificate)
    case .fetch: true
    case .fetchNewestVote(_, let epoch): epoch == validators.epoch
    case .newestVote(let signer, let epoch, _, _, _):
      isAsking && epoch == validators.epoch && signer == configuration.me
    }
  }

  mutating func receive(_ message: Message, from peer: Int) {
    switch message {
    case .vote(let vote):
      // What came in between may have made it useless.
      if wants(vote) { take(vote) }
      if vote.subject.view < currentView { answerStraggler(peer) }
    case .certificate(let certificate): take(certificate)
    case .fetch(let requested): serve(requested, to: peer)
    case .fetchNewestVote(let signer, let epoch):
      if epoch == validators.epoch { reportNewestVote(of: signer, to: peer) }
    case .newestVote(let signer, let epoch, let vote, let finalization, let entry):
      if epoch == validators.epoch { hear(signer, vote, [finalization, entry].compactMap { $0 }, from: peer) }
    }
  }

  private mutating func take(_ vote: Vote) {
    if vote.signer == configuration.me {
      suspend(because: vote)
    } else {
      add(vote)
    }
  }

  /// Only now, durable, does an own vote count and leave (C-20, C-21).
  mutating func publish(_ vote: Vote) {
    guard vote.signer == configuration.me, vote.subject.view > forgotten else { return }
    rules.record(vote.subject)
    add(vote)
    actions.append(.broadcast(.vote(vote)))
  }

  private mutating func add(_ vote: Vote) {
    let view = vote.subject.view
    heard(vote.signer, in: view)
    let index = hold(view)
    accuse(vote, at: index)
    guard views[index].tally(vote.subject.kind).vote(of: vote.signer) == nil else { return }
    views[index].insert(vote)
    if case .notarize(let proposal) = vote.subject, vote.signer == validators.leader(of: view),
      views[index].proposal == nil
    {
      views[index].setProposal(proposal)
    }
    if view >= currentView { wake() }
    count(vote.subject)
  }

  /// Makes the certificate as soon as q votes agree (C-9, C-10, C-11).
  private mutating func count(_ subject: VoteSubject) {
    guard subject.view > floor.view, let index = index(of: subject.view),
      views[index].certificate(subject.kind) == nil,
      let votes = views[index].tally(subject.kind).quorum(validators.quorum, for: subject),
      let certificate = Certificate(votes)
    else { return }
    hold(certificate, spread: true)
  }

  /// C-22: own votes read from the log count again, and certificates that the log just missed are made.
  mutating func recount() {
    for index in start(above: floor.view)..<views.count {
      let subjects = VoteKind.allCases.flatMap { kind in views[index].tally(kind).votes.map(\.subject) }
      for subject in subjects { count(subject) }
    }
  }
}
