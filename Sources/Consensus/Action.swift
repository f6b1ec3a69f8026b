import Ledger
import Sodium

/// What the shell is to do, in this order; but no message, no `.finalized` and no `.signed` leaves before the records
/// of the turn are durable (C-20).
package enum Action: Equatable, Sendable {
  /// Append to the write-ahead log.
  case persist(LogRecord)
  /// Check the sign-state file, sign, append `LogRecord.vote`, and when it is durable answer with `.signed`.
  case sign(VoteSubject)
  case broadcast(Message)
  case send(Message, to: Int)
  /// Lead: make a block on this parent, send its body to everyone at once, answer `.built` when it is durable. On a
  /// boundary block there is none to make: the answer is its own payload (C-31).
  case build(view: UInt64, parentView: UInt64, parentPayload: Digest)
  /// Validate and make durable, answer with `.verdict`. May be asked again, for the same or for the stronger purpose.
  /// A proposal with the payload of its parent is valid exactly when that is a boundary block of this epoch (C-31).
  case verify(Proposal, parentPayload: Digest, Purpose)
  /// Ask this peer for the body, unless it is here.
  case fetchBody(Digest, from: Int)
  /// Replaces a running timer of the same kind. 0 fires in the next turn.
  case arm(Timer, milliseconds: Int64)
  case evidence(Evidence)
  /// Newly finalized, oldest first, each on the one before it, the first on the previous floor. The certificate is the
  /// last one's. After a restart, what lies above the floor that was given comes again. A boundary block may come several
  /// times, each on the one before it (C-31): it is one block of the chain.
  case finalized([Proposal], Certificate)
  /// The chain is finalized up to here, and peers may no longer hold what lies between: fetch blocks by height, then
  /// answer `.finalizedElsewhere`. Repeated until it is.
  case behind(Certificate)
  case alarm(Alarm)
}

package enum Purpose: Equatable, Sendable {
  /// For an own notarize: clock drift, pool and execution progress may make it `notYet` (C-16).
  case vote
  /// For a block that q have notarized: the bytes, the ancestors and the state at `executed.height` only (C-16).
  case certification
}

/// Something that cannot happen while at most f validators misbehave. Votes stop; `keyUsedElsewhere` only suspends them
/// (C-23).
package enum Alarm: Equatable, Sendable {
  /// C-9: q validators notarized what this node finds invalid.
  case invalidBlockNotarized(Proposal)
  /// Two certificates for one view that exclude each other, or a finalized block that does not extend the floor.
  case conflictingCertificates(view: UInt64)
  /// C-23: this validator's key has signed a vote that this node has not.
  case keyUsedElsewhere(Vote)
}
