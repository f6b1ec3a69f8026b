import Ledger
import Sodium

/// One validator's (or observer's) part in Simplex consensus over opaque payloads, for one epoch. When the epoch's
/// boundary block is final and executed, the shell puts a new machine in its place, with that block as floor (C-32).
///
/// It is a value: the same inputs give the same actions on every machine, and it knows no clock, disk, network, key or
/// block. The shell feeds it inputs and performs the actions in order (`docs/spec/consensus.md`, "A turn").
package struct Machine: Equatable, Sendable {
  package let configuration: Configuration
  /// The newest finalized block whose body is durable here. Everything below it is decided.
  package internal(set) var floor: Floor
  /// The view that this node is in; it only goes up.
  package internal(set) var currentView: UInt64
  /// The view of the newest finalization held, at or above the floor's.
  package internal(set) var finalizedView: UInt64
  /// What may still be signed in this epoch. Whoever keeps it durable merges it into what is there, so that the file
  /// never goes back to an earlier epoch (C-33).
  package internal(set) var rules: VotingRules
  package internal(set) var voting = Voting.normal
  /// The view in which this node began to vote: an unknown vote by its key above it is being signed elsewhere (C-23).
  var votingSince: UInt64 = 0

  /// Ascending, without gaps being filled: only views of which something is known.
  var views: [ViewState] = []
  /// Nothing at or below this view is kept.
  var forgotten: UInt64 = 0
  /// The certificate that brought this node into its view.
  var entry: Certificate?

  // The current view.
  var leaderExpired = false
  var viewExpired = false
  /// C-14: false while a quiet chain holds back.
  var awake = true
  /// The parent view of the block being built, of an own proposal in this view.
  var building: UInt64?
  var buildFailed = false
  var hasFetched = false
  var mustArm = false

  var started = false
  var idle = false
  /// C-6: views passed, one by one, without a recent vote of this validator. Saturates.
  var silence: [Int]
  /// What peers have been answered since the last retry, ascending.
  var budgets: [PeerBudget] = []
  var enteredSinceRetry = true
  /// Turns the peers that are asked.
  var attempt = 0
  /// The last missing ancestor of a finalized block that was asked for.
  var chased: UInt64 = 0
  /// The newest finalization was not complete at the last retry either.
  var incomplete = false

  var actions: [Action] = []

  package enum Voting: Equatable, Sendable {
    case normal
    /// C-23: the sign state is whole, but it may be an old one that was put back. Ends when q − 1 others (bits in
    /// `reports`) have shown no vote by this key that it does not know.
    case asking(reports: UInt32)
    /// C-23: it is unknown, or known to be wrong, what this key has signed. Ends with a finalization above `view`, the
    /// highest vote by this key that anyone has shown, once q − 1 others (bits in `reports`) have answered. Above `.max`
    /// there is none: the suspension lasts for this epoch (C-33).
    case suspended(above: UInt64, reports: UInt32)
    /// After an alarm: this node no longer trusts its view of the chain.
    case stopped
  }

  /// Rebuilds the machine from what is durable (C-22).
  ///
  /// - `records`: the log, in the order it was written.
  /// - `floor`: the newest block that the shell has finalized, with body and finalization durable in its store.
  /// - `signState`: the content of the sign-state file; nil when missing or damaged (C-23). An observer needs none. One of
  ///   an earlier epoch says nothing of this one; one of a later epoch forbids every vote in this one (C-33).
  package init(
    configuration: Configuration, replaying records: [LogRecord] = [], floor: Floor, signState: VotingRules?
  ) {
    self.configuration = configuration
    self.floor = floor
    currentView = floor.view + 1
    finalizedView = floor.view
    rules = VotingRules(epoch: configuration.validators.epoch)
    silence = Array(repeating: 0, count: configuration.validators.count)
    entry = floor.finalization
    forgotten = floor.view > configuration.retention ? floor.view - configuration.retention - 1 : 0
    rules.close(through: forgotten)
    replay(records)
    guard configuration.me != nil else { return }
    if signState?.epoch ?? 0 > rules.epoch || records.contains(where: { $0.isOwnVote(after: rules.epoch) }) {
      // C-33: it has voted in a later epoch, and catches up without a vote in this one.
      rules.close(through: .max)
      voting = .suspended(above: .max, reports: 0)
    } else if let signState {
      rules.merge(signState)
      if configuration.asksFirst, configuration.validators.quorum > 1 { voting = .asking(reports: 0) }
    } else {
      voting = .suspended(above: 0, reports: 0)
    }
  }

  package mutating func handle(_ input: Input) -> [Action] {
    precondition(started != (input == .start), "start comes once and first")
    switch input {
    case .start: start()
    case .message(let message, let peer): receive(message, from: peer)
    case .unwanted(let view, let peer): if view < currentView { answerStraggler(peer) }
    case .timer(let timer): expire(timer)
    case .verdict(let proposal, let verdict): take(verdict, on: proposal)
    case .built(let view, let payload): propose(payload, in: view)
    case .buildFailed(let view): if view == currentView, building != nil { buildFailed = true }
    case .signed(let vote): publish(vote)
    case .idle(let idle): setIdle(idle)
    case .peerConnected(let peer):
      if isAsking, let me = configuration.me {
        actions.append(.send(.fetchNewestVote(of: me, epoch: validators.epoch), to: peer))
      }
      answerStraggler(peer)
    case .peerDisconnected(let peer): forgetReport(of: peer)
    case .finalizedElsewhere(let certificate): raiseFloor(to: certificate)
    }
    settle()
    let result = actions
    actions = []
    return result
  }

  /// Draws every conclusion from what is known now.
  mutating func settle() {
    certify()
    finalize()
    moveOn()
    chase()
    resume()
    voteFinalize()
    lead()
    follow()
    giveUp()
    arm()
  }

  var validators: ValidatorSet { configuration.validators }

  /// Log records of lower views tell nothing any more.
  package var logFloor: UInt64 { forgotten + 1 }

  /// How many views are held: a measure of memory, never above `maximumViews` and a few.
  package var heldViews: Int { views.count }

  var mayVote: Bool { configuration.me != nil && voting == .normal }
}
