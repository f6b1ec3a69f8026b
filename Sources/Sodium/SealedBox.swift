import CSodium

/// X25519 sealed boxes (libsodium `crypto_box_seal`): only the holder of the recipient's key reads them, and they name
/// no sender.
package enum SealedBox {
  package static let overhead = 48
  package static let publicKeySize = 32

  /// Nil when the recipient's key is not 32 bytes or is a point of small order.
  package static func seal(_ plaintext: [UInt8], to recipient: [UInt8]) -> [UInt8]? {
    guard recipient.count == publicKeySize else { return nil }
    Library.load()
    var sealed = [UInt8](repeating: 0, count: plaintext.count + overhead)
    return crypto_box_seal(&sealed, plaintext, UInt64(plaintext.count), recipient) == 0 ? sealed : nil
  }
}

/// An X25519 secret key that opens what was sealed to it.
package struct OpeningKey: ~Copyable, Sendable {
  private let secret: SecretBytes
  package let publicKey: [UInt8]

  package init?(seed: borrowing SecretBytes) {
    guard seed.count == Int(crypto_box_SEEDBYTES) else { return nil }
    var key = [UInt8](repeating: 0, count: SealedBox.publicKeySize)
    secret = SecretBytes(count: Int(crypto_box_SECRETKEYBYTES)) { memory in
      seed.withUnsafeBytes { seed in
        let status = crypto_box_seed_keypair(
          &key, memory.bindMemory(to: UInt8.self).baseAddress!, seed.bindMemory(to: UInt8.self).baseAddress!)
        precondition(status == 0)
      }
    }
    publicKey = key
  }

  /// Nil when the box was not sealed to this key, or was altered.
  package borrowing func open(_ sealed: [UInt8]) -> [UInt8]? {
    guard sealed.count >= SealedBox.overhead else { return nil }
    var plaintext = [UInt8](repeating: 0, count: sealed.count - SealedBox.overhead)
    let opened = secret.withUnsafeBytes { key in
      crypto_box_seal_open(
        &plaintext, sealed, UInt64(sealed.count), publicKey, key.bindMemory(to: UInt8.self).baseAddress!) == 0
    }
    return opened ? plaintext : nil
  }
}
