import CSodium

/// Secrets at rest: Argon2id (RFC 9106) turns a passphrase into a key, XSalsa20-Poly1305 encrypts with it.
package enum PassphraseBox {
  /// Cost that a key file records, so that it can be raised later without breaking old files.
  package struct Cost: Equatable, Sendable {
    package let operations: UInt64
    package let memoryBytes: Int

    /// libsodium's "moderate" class: 3 passes over 256 MiB.
    package static let moderate = Cost(operations: 3, memoryBytes: 256 << 20)

    /// Bounds what a hostile key file can make this process spend.
    package var isAcceptable: Bool {
      operations >= 1 && operations <= 16 && memoryBytes >= 8192 && memoryBytes <= 1 << 30
    }

    package init(operations: UInt64, memoryBytes: Int) {
      self.operations = operations
      self.memoryBytes = memoryBytes
    }
  }

  package static let saltSize = 16
  package static let nonceSize = 24

  package static func seal(
    _ secret: borrowing SecretBytes, passphrase: [UInt8], salt: [UInt8], nonce: [UInt8], cost: Cost
  ) -> [UInt8]? {
    precondition(nonce.count == nonceSize)
    guard let key = stretch(passphrase, salt: salt, cost: cost) else { return nil }
    var sealed = [UInt8](repeating: 0, count: secret.count + Int(crypto_secretbox_MACBYTES))
    let status = secret.withUnsafeBytes { plain in
      key.withUnsafeBytes { key in
        crypto_secretbox_easy(
          &sealed, plain.bindMemory(to: UInt8.self).baseAddress!, UInt64(plain.count), nonce,
          key.bindMemory(to: UInt8.self).baseAddress!)
      }
    }
    return status == 0 ? sealed : nil
  }

  /// Nil for a wrong passphrase or an altered box.
  package static func open(
    _ sealed: [UInt8], passphrase: [UInt8], salt: [UInt8], nonce: [UInt8], cost: Cost
  ) -> SecretBytes? {
    guard sealed.count > Int(crypto_secretbox_MACBYTES), nonce.count == nonceSize, cost.isAcceptable,
      let key = stretch(passphrase, salt: salt, cost: cost)
    else { return nil }
    var opened = false
    let secret = SecretBytes(count: sealed.count - Int(crypto_secretbox_MACBYTES)) { memory in
      opened = key.withUnsafeBytes { key in
        crypto_secretbox_open_easy(
          memory.bindMemory(to: UInt8.self).baseAddress!, sealed, UInt64(sealed.count), nonce,
          key.bindMemory(to: UInt8.self).baseAddress!) == 0
      }
    }
    return opened ? consume secret : nil
  }

  private static func stretch(_ passphrase: [UInt8], salt: [UInt8], cost: Cost) -> SecretBytes? {
    guard !passphrase.isEmpty, salt.count == saltSize, cost.isAcceptable else { return nil }
    Library.load()
    var done = false
    let key = SecretBytes(count: Int(crypto_secretbox_KEYBYTES)) { memory in
      done = passphrase.withUnsafeBytes { passphrase in
        crypto_pwhash(
          memory.bindMemory(to: UInt8.self).baseAddress!, UInt64(memory.count),
          passphrase.bindMemory(to: CChar.self).baseAddress!, UInt64(passphrase.count), salt,
          cost.operations, cost.memoryBytes, crypto_pwhash_ALG_ARGON2ID13) == 0
      }
    }
    return done ? consume key : nil
  }
}
