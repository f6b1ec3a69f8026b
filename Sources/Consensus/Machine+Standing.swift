import Ledger
import Sodium

extension Machine {
  /// Where the machine stands, for people who ask why nothing moves. Bits are validators.
  package struct Standing: Equatable, Sendable {
    package let view: UInt64
    package let leader: Int
    /// The leader's proposal is here, and how far this node is with it.
    package let proposal: Proposal?
    package let block: Block
    package let notarized: UInt32
    package let nullified: UInt32
    package let finalized: UInt32
    package let finalizedView: UInt64
    /// Views since the newest finalization that were entered.
    package let viewsSinceFinalization: UInt64
    package let isQuiet: Bool

    package enum Block: String, Equatable, Sendable {
      case none, awaited, notYet, valid, invalid, certified
    }
  }

  package var standing: Standing {
    let state = state(currentView)
    func signers(_ kind: VoteKind) -> UInt32 {
      guard let state else { return 0 }
      let single = state.tally(kind).votes.reduce(UInt32(0)) { $0 | 1 << UInt32($1.signer) }
      return single | (state.certificate(kind)?.signers ?? 0)
    }
    let block: Standing.Block
    if state?.certified == true {
      block = .certified
    } else {
      block =
        switch state?.verification {
        case nil, Verification.none?: state?.candidate == nil ? .none : .awaited
        case .asked: .awaited
        case .notYet: .notYet
        case .valid: .valid
        case .invalid: .invalid
        }
    }
    return Standing(
      view: currentView, leader: validators.leader(of: currentView), proposal: state?.candidate, block: block,
      notarized: signers(.notarize), nullified: signers(.nullify), finalized: signers(.finalize),
      finalizedView: finalizedView, viewsSinceFinalization: currentView - min(currentView, finalizedView + 1),
      isQuiet: !awake)
  }
}
