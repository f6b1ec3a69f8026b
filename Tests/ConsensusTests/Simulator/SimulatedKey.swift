import Ledger
import Sodium

/// A keyed hash in place of a signature: thousands of times cheaper, and nobody in the simulation forges.
enum SimulatedKey {
  static func sign(_ subject: VoteSubject, by signer: Int, epoch: UInt64 = 0) -> Signature {
    var hash = mix(UInt64(signer) &+ 0x5eed &+ epoch << 8) &+ UInt64(subject.kind.rawValue)
    hash = mix(hash ^ subject.view)
    if let proposal = subject.proposal {
      hash = mix(hash ^ proposal.parentView)
      hash = proposal.payload.withUnsafeBytes { bytes in
        var hash = hash
        for word in 0..<4 { hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self)) }
        return hash
      }
    }
    var bytes = [UInt8](repeating: 0, count: Signature.size)
    for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: hash >> UInt64(index * 8)) }
    return Signature(bytes)!
  }

  static func vote(_ subject: VoteSubject, by signer: Int, epoch: UInt64 = 0) -> Vote {
    Vote(epoch: epoch, signer: signer, subject: subject, signature: sign(subject, by: signer, epoch: epoch))
  }

  static func isGood(_ vote: Vote) -> Bool {
    sign(vote.subject, by: vote.signer, epoch: vote.epoch) == vote.signature
  }

  static func isGood(_ certificate: Certificate) -> Bool { certificate.votes.allSatisfy(isGood) }

  static func validators(_ count: Int, epoch: UInt64 = 0) -> ValidatorSet {
    let key = PublicKey([UInt8](repeating: 1, count: 32))!
    let validators = (0..<count).map { Validator(organisation: "v\($0)", voteKey: key, transportKey: key) }
    return ValidatorSet(epoch: epoch, validators: validators)
  }
}
