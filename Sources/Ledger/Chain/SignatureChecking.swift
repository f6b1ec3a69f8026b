import Sodium

/// Who decides whether a validator's signature is good. Outside simulations it is always `Ed25519Signatures`.
package protocol SignatureChecking: Sendable {
  func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool
}

package struct Ed25519Signatures: SignatureChecking {
  package init() {}

  package func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
    key.verifies(signature, of: message)
  }
}
