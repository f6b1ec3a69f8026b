import Ledger
import Replication
import Sodium

/// A vote key whose signatures are keyed hashes: as good as Ed25519 among nodes that nobody attacks from outside, and
/// hundreds of times as fast.
struct VirtualKey: VoteSigning {
  let publicKey: PublicKey

  func sign(_ message: [UInt8]) -> Signature { KeyedHash.signature(of: message, by: publicKey) }
}

enum KeyedHash {
  static func signature(of message: [UInt8], by key: PublicKey) -> Signature {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Signature.size)
    let seed = key.digest.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    var state = mix(seed ^ fingerprint(message))
    for _ in 0..<Signature.size / 8 {
      withUnsafeBytes(of: state) { bytes.append(contentsOf: $0) }
      state = mix(state ^ seed)
    }
    return Signature(bytes)!
  }

  static func isGood(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
    signature == KeyedHash.signature(of: message, by: key)
  }
}

/// What every honest node believes of a signature.
struct KeyedHashes: SignatureChecking {
  func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
    KeyedHash.isGood(signature, of: message, by: key)
  }
}

extension ValidatorSet {
  /// A vote that only the owner of the key can make: adversaries use their own.
  func vote(_ subject: VoteSubject, by signer: Int, chain: Digest) -> Vote {
    let signature = KeyedHash.signature(
      of: subject.signingBytes(chain: chain, epoch: epoch), by: validators[signer].voteKey)
    return Vote(epoch: epoch, signer: signer, subject: subject, signature: signature)
  }
}
