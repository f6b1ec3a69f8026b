import Ledger

/// Votes of one kind in one view, at most one a signer, in the order of the signers: nothing can be counted twice.
struct Tally: Equatable, Sendable {
  private(set) var votes: [Vote] = []

  func vote(of signer: Int) -> Vote? {
    // At most 31 of them: a linear look is the fastest.
    for vote in votes where vote.signer == signer { return vote }
    return nil
  }

  /// The caller has made sure that the signer is not in yet.
  mutating func insert(_ vote: Vote) {
    var index = votes.count
    while index > 0 && votes[index - 1].signer > vote.signer { index -= 1 }
    votes.insert(vote, at: index)
  }

  /// The votes for one subject when there are q of them.
  func quorum(_ quorum: Int, for subject: VoteSubject) -> [Vote]? {
    guard votes.count >= quorum else { return nil }
    let votes = votes.filter { $0.subject == subject }
    return votes.count >= quorum ? votes : nil
  }
}

extension Certificate {
  func vote(of signer: Int) -> Vote? {
    let bit: UInt32 = 1 << UInt32(signer)
    guard signers & bit != 0 else { return nil }
    let index = (signers & (bit - 1)).nonzeroBitCount
    return Vote(epoch: epoch, signer: signer, subject: subject, signature: signatures[index])
  }
}

/// How far this node is with the block of a view.
enum Verification: Equatable, Sendable {
  case none
  case asked(Purpose)
  case notYet(Purpose)
  case valid
  case invalid
}

/// What is known of one view: bounded by the number of validators, whatever anyone sends.
struct ViewState: Equatable, Sendable {
  let view: UInt64
  /// The leader's first proposal, as its own notarize vote states it.
  var proposal: Proposal?
  /// The leader has signed two proposals, or q have notarized another one than it has sent here.
  var equivocated = false
  var notarizes = Tally()
  var nullifies = Tally()
  var finalizes = Tally()
  var notarization: Certificate?
  var nullification: Certificate?
  var finalization: Certificate?
  /// Of `candidate`.
  var verification = Verification.none
  /// q have notarized or finalized the candidate, and its body is durable and valid here.
  var certified = false
  /// Signers whose evidence has been reported, once each.
  var accused: UInt32 = 0

  init(view: UInt64) { self.view = view }

  /// The one block of this view that matters: what q have chosen, until then what the leader proposed.
  var candidate: Proposal? { chosen ?? proposal }

  /// What q have notarized or finalized.
  var chosen: Proposal? { finalization?.subject.proposal ?? notarization?.subject.proposal }

  func certificate(_ kind: VoteKind) -> Certificate? {
    switch kind {
    case .notarize: notarization
    case .nullify: nullification
    case .finalize: finalization
    }
  }

  func tally(_ kind: VoteKind) -> Tally {
    switch kind {
    case .notarize: notarizes
    case .nullify: nullifies
    case .finalize: finalizes
    }
  }

  /// What `signer` is known to have voted, be it alone or within a certificate.
  func vote(_ kind: VoteKind, of signer: Int) -> Vote? {
    tally(kind).vote(of: signer) ?? certificate(kind)?.vote(of: signer)
  }

  mutating func insert(_ vote: Vote) {
    switch vote.subject.kind {
    case .notarize: notarizes.insert(vote)
    case .nullify: nullifies.insert(vote)
    case .finalize: finalizes.insert(vote)
    }
  }

  mutating func setProposal(_ proposal: Proposal) {
    self.proposal = proposal
    if let chosen, chosen != proposal { equivocated = true }
  }

  /// Another candidate starts from nothing.
  mutating func set(_ certificate: Certificate) {
    let before = candidate
    switch certificate.kind {
    case .notarize: notarization = certificate
    case .nullify: nullification = certificate
    case .finalize: finalization = certificate
    }
    if let proposal, let chosen, chosen != proposal { equivocated = true }
    if candidate != before { verification = .none }
  }

  var isEmpty: Bool {
    notarizes.votes.isEmpty && nullifies.votes.isEmpty && finalizes.votes.isEmpty && notarization == nil
      && nullification == nil && finalization == nil
  }
}
