import Ledger

/// C-22: what a restart rebuilds.
extension Machine {
  mutating func replay(_ records: [LogRecord]) {
    for record in records where record.view > forgotten && record.view < .max / 2 { replay(record) }
    if let finalization = floor.finalization {
      let index = hold(floor.view)
      if views[index].finalization == nil { views[index].set(finalization) }
    }
    moveOn()
    // An own notarize or nullify was signed in the view that this node was in.
    currentView = max(currentView, rules.notarized, rules.nullified)
    mustArm = false
    prune()
  }

  private mutating func replay(_ record: LogRecord) {
    switch record {
    case .vote(let vote):
      guard vote.signer == configuration.me, vote.epoch == validators.epoch else { return }
      rules.record(vote.subject)
      let index = hold(vote.subject.view)
      guard views[index].tally(vote.subject.kind).vote(of: vote.signer) == nil else { return }
      views[index].insert(vote)
      // Its body was valid and durable before the notarize was signed (C-21).
      if case .notarize(let proposal) = vote.subject, views[index].proposal == nil {
        views[index].setProposal(proposal)
        if views[index].candidate == proposal { views[index].verification = .valid }
      }
    case .certificate(let certificate):
      guard certificate.hasQuorum(of: validators) else { return }
      let index = hold(certificate.view)
      guard views[index].certificate(certificate.kind) == nil else { return }
      views[index].set(certificate)
      if certificate.kind == .finalize { finalizedView = max(finalizedView, certificate.view) }
    case .certified(let proposal):
      guard let index = index(of: proposal.view), views[index].chosen == proposal else { return }
      views[index].verification = .valid
      views[index].certified = true
    }
  }

  /// The part of the machine, above its floor, that the log holds. Replaying the log gives the same (C-22).
  package struct Durable: Equatable, Sendable {
    package struct View: Equatable, Sendable {
      package let view: UInt64
      package let ownVotes: [Vote]
      package let certificates: [Certificate]
      package let certified: Bool
    }
    package let floor: Floor
    package let currentView: UInt64
    package let finalizedView: UInt64
    package let rules: VotingRules
    package let views: [View]
  }

  package var durable: Durable {
    var held: [Durable.View] = []
    for state in views[start(above: floor.view)...] {
      let view = Durable.View(
        view: state.view,
        ownVotes: VoteKind.allCases.compactMap { kind in
          configuration.me.flatMap { state.tally(kind).vote(of: $0) }
        },
        certificates: VoteKind.allCases.compactMap { state.certificate($0) },
        certified: state.certified)
      if !view.ownVotes.isEmpty || !view.certificates.isEmpty { held.append(view) }
    }
    return Durable(
      floor: floor, currentView: currentView, finalizedView: finalizedView, rules: rules, views: held)
  }
}
