import Ledger
import Sodium

/// Everything that can happen to a machine. A peer is a small number that the shell gives: validators have their index,
/// observers any number from 31 up.
package enum Input: Equatable, Sendable {
  /// Once, first, after construction.
  case start
  /// A message that `wants` asked for and whose signatures the shell has checked.
  case message(Message, from: Int)
  /// A vote for `view` that `wants` declined. Its signature is unchecked: it brings an answer to a straggler, no more.
  case unwanted(view: UInt64, from: Int)
  case timer(Timer)
  /// The answer to `.verify`; a `.notYet` may be followed by another verdict at any time.
  case verdict(Proposal, Verdict)
  /// The answer to `.build`: the body of `payload` is durable here and on its way to the peers.
  case built(view: UInt64, payload: Digest)
  case buildFailed(view: UInt64)
  /// The answer to `.sign`, after the vote is durable.
  case signed(Vote)
  /// C-14, a level: true while the pool is empty and the newest block with documents is finalized and attested in a
  /// finalized header. False as soon as one of them no longer holds; false at the start.
  case idle(Bool)
  case peerConnected(Int)
  case peerDisconnected(Int)
  /// The shell has fetched blocks by height, and has them durable, up to the one of this (verified) finalization.
  case finalizedElsewhere(Certificate)
}

/// C-16. An error of this node (a disk, a clock, an execution that lags) is `notYet`, never `invalid`.
package enum Verdict: Equatable, Sendable {
  /// The body is valid and durable here.
  case valid
  /// No node whatever can accept these bytes on this parent.
  case invalid
  case notYet
}

/// One timer of each kind runs at most: arming one replaces the one before it of its kind.
package enum Timer: Hashable, Sendable {
  case leader(UInt64)
  case view(UInt64)
  case retry
  case idle(UInt64)
}
