import CSodium

/// An Ed25519 public key (RFC 8032). Any 32 bytes can be held; `isAcceptable` decides whether they may be registered.
package struct PublicKey: Hashable, Comparable, Sendable {
  package let digest: Digest
  package static let size = 32

  package init?(_ bytes: some Collection<UInt8>) {
    guard let digest = Digest(bytes) else { return nil }
    self.digest = digest
  }

  package var bytes: [UInt8] { digest.bytes }

  /// False for points of small order, points off the main subgroup and encodings that are not canonical:
  /// libraries disagree about signatures under such keys, so none is ever registered.
  package var isAcceptable: Bool {
    Library.load()
    return digest.withUnsafeBytes {
      crypto_core_ed25519_is_valid_point($0.bindMemory(to: UInt8.self).baseAddress!) == 1
    }
  }

  /// libsodium's single-signature check: the one verdict that the ledger depends on.
  package func verifies(_ signature: Signature, of message: UnsafeRawBufferPointer) -> Bool {
    Library.load()
    return digest.withUnsafeBytes { key in
      signature.withUnsafeBytes { signature in
        crypto_sign_verify_detached(
          signature.bindMemory(to: UInt8.self).baseAddress!,
          message.bindMemory(to: UInt8.self).baseAddress, UInt64(message.count),
          key.bindMemory(to: UInt8.self).baseAddress!) == 0
      }
    }
  }

  package func verifies(_ signature: Signature, of message: [UInt8]) -> Bool {
    message.withUnsafeBytes { verifies(signature, of: $0) }
  }

  package static func < (a: PublicKey, b: PublicKey) -> Bool { a.digest < b.digest }
}

/// A detached Ed25519 signature: R ‖ S, 64 bytes.
package struct Signature: Hashable, Sendable {
  private let r: Digest
  private let s: Digest
  package static let size = 64

  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Signature.size, let r = Digest(bytes.prefix(32)), let s = Digest(bytes.suffix(32)) else {
      return nil
    }
    self.r = r
    self.s = s
  }

  package var bytes: [UInt8] { r.bytes + s.bytes }

  func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    Swift.withUnsafeBytes(of: (r, s)) { body(UnsafeRawBufferPointer(rebasing: $0.prefix(Signature.size))) }
  }
}

/// An Ed25519 secret key. Its seed is the 32-byte private key of RFC 8032, as JWK member `d` (RFC 8037) carries it.
package struct SigningKey: ~Copyable, Sendable {
  private let secret: SecretBytes
  package let publicKey: PublicKey

  package static let seedSize = 32

  package init?(seed: borrowing SecretBytes) {
    guard seed.count == SigningKey.seedSize else { return nil }
    var key = [UInt8](repeating: 0, count: PublicKey.size)
    secret = SecretBytes(count: Int(crypto_sign_ed25519_SECRETKEYBYTES)) { memory in
      seed.withUnsafeBytes { seed in
        let status = crypto_sign_seed_keypair(
          &key, memory.bindMemory(to: UInt8.self).baseAddress!, seed.bindMemory(to: UInt8.self).baseAddress!)
        precondition(status == 0)
      }
    }
    publicKey = PublicKey(key)!
  }

  package static func generate() -> SigningKey {
    SigningKey(seed: SecretBytes(count: seedSize) { randombytes_buf($0.baseAddress!, $0.count) })!
  }

  package borrowing func sign(_ message: [UInt8]) -> Signature {
    var signature = [UInt8](repeating: 0, count: Signature.size)
    secret.withUnsafeBytes { key in
      let status = crypto_sign_detached(
        &signature, nil, message, UInt64(message.count), key.bindMemory(to: UInt8.self).baseAddress!)
      precondition(status == 0)
    }
    return Signature(signature)!
  }

  package borrowing func withSeed<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    // libsodium's secret key is seed ‖ public key.
    secret.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0.prefix(SigningKey.seedSize))) }
  }
}
