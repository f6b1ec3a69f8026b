import Ledger
import Sodium

/// Four validators with real keys, in epochs 2 and 3, of which each has other keys.
enum Signers {
  static let chain = Digest(.genesis, of: [1])

  static func key(_ epoch: UInt64, _ index: Int) -> SigningKey {
    SigningKey(
      seed: SecretBytes(count: 32) { memory in
        for byte in 0..<32 { memory[byte] = UInt8(truncatingIfNeeded: 16 * Int(epoch) + index) }
      })!
  }

  static func set(_ epoch: UInt64) -> ValidatorSet {
    ValidatorSet(
      epoch: epoch,
      validators: (0..<4).map {
        let key = key(epoch, $0).publicKey
        return Validator(organisation: "member-\($0)", voteKey: key, transportKey: key)
      })
  }

  /// Epochs 2 and 3 are known.
  static func known(_ epoch: UInt64) -> ValidatorSet? { (2...3).contains(epoch) ? set(epoch) : nil }

  static func block(_ byte: UInt8, in view: UInt64 = 7, on parent: UInt64 = 6) -> Proposal {
    Proposal(view: view, parentView: parent, payload: Digest(.block, of: [byte]))
  }

  /// - Parameter other: the epoch and index of the key that really signs, where it is not the signer's own.
  static func vote(
    _ subject: VoteSubject, by signer: Int = 1, epoch: UInt64 = 3, key other: (UInt64, Int)? = nil
  ) -> Vote {
    let owner = other ?? (epoch, signer)
    let signature = key(owner.0, owner.1).sign(subject.signingBytes(chain: chain, epoch: epoch))
    return Vote(epoch: epoch, signer: signer, subject: subject, signature: signature)
  }

  /// A validator that notarized two blocks of one view.
  static func evidence(_ view: UInt64 = 7, by signer: Int = 1, epoch: UInt64 = 3) -> Evidence {
    Evidence(
      vote(.notarize(block(1, in: view, on: 0)), by: signer, epoch: epoch),
      vote(.notarize(block(2, in: view, on: 0)), by: signer, epoch: epoch))!
  }
}
