/// Why a document is turned away at the door: decided from its bytes, the network and the keys, before any rule is
/// asked.
///
/// A block that carries such a document is invalid. Numbers are stable; the remedy is what the sender reads
/// (docs/reference/outcomes.md).
package enum Refusal: UInt16, Error, CaseIterable, Sendable {
  case notCompactJWS = 1001
  case base64Invalid = 1002
  case headerInvalid = 1003
  case algorithmNotAllowed = 1004
  case jsonInvalid = 1005
  case jsonDuplicateName = 1006
  case jsonNotInteger = 1007
  case documentTooLarge = 1008
  case memberMissing = 1010
  case memberUnknown = 1011
  case memberInvalid = 1012
  case amountDigits = 1013
  case typeUnknown = 1014
  case otherNetwork = 1015
  case issuerNotKeyOwner = 1016
  case validityTooLong = 1017
  case expired = 1018
  case issuedInFuture = 1019
  case keyUnknown = 1020
  case keyNotValid = 1021
  case signatureInvalid = 1022
  case replayed = 1023
  case jtiReused = 1024
  case disclosureInvalid = 1025
  case poolFull = 1030
  case shareExceeded = 1031

  package var number: UInt16 { rawValue }
  package var name: String { "\(self)" }

  /// One sentence: what is wrong and how to mend it.
  package var remedy: String {
    switch self {
    case .notCompactJWS: "Send a JWS in compact serialization: three base64url parts joined by two dots (RFC 7515)."
    case .base64Invalid: "Encode with base64url without padding, leaving unused bits zero (RFC 4648 §5)."
    case .headerInvalid: "Make the header exactly alg, kid (member/key) and typ \"lianrong+jws\"."
    case .algorithmNotAllowed: "Sign with an Ed25519 key; alg is \"Ed25519\" or \"EdDSA\"."
    case .jsonInvalid: "Send strict JSON (RFC 7493) in UTF-8."
    case .jsonDuplicateName: "Name each member of an object once."
    case .jsonNotInteger:
      "Write counts as integers and amounts as decimal strings; fractions and exponents are not read."
    case .documentTooLarge: "Keep the document within the network's size limit; move attachments out of the document."
    case .memberMissing: "Add the member that the schema of this type requires."
    case .memberUnknown: "Remove the member: the schema of this type does not have it."
    case .memberInvalid: "Correct the member to what the schema of this type says."
    case .amountDigits: "Write the amount with exactly the digits of its currency, such as \"12.50\" in CNY."
    case .typeUnknown: "Use a document type and version that the network knows; GET /v1/schemas lists them."
    case .otherNetwork: "Sign for this network: copy its id from GET /v1/network."
    case .issuerNotKeyOwner: "Sign with a key of the issuer: kid begins with the issuer's member id."
    case .validityTooLong: "Let exp follow iat by no more than the network's documentValiditySeconds."
    case .expired: "Sign the document again with a new jti and a later exp."
    case .issuedInFuture: "Set the sender's clock: iat is ahead of the network's time."
    case .keyUnknown: "Register the key with key.add, or use the kid of a registered key."
    case .keyNotValid: "Sign with a key that is valid at this height; this one is revoked, expired or not yet valid."
    case .signatureInvalid:
      "Sign exactly the bytes header.payload that are sent, with the key that is registered under this kid on this network."
    case .replayed: "Nothing to do: this very document was recorded before; read its first outcome."
    case .jtiReused: "Use a new jti: this issuer used it for other content."
    case .disclosureInvalid: "Send disclosures whose SHA-256 digests stand in details._sd, each once (RFC 9901)."
    case .poolFull: "Send again later: the node's pool is full."
    case .shareExceeded: "Send again later: the issuer has its full share of the pool."
    }
  }

  /// Whether sending the same bytes again later can succeed.
  package var retryHelps: Bool {
    switch self {
    case .poolFull, .shareExceeded, .issuedInFuture, .keyUnknown, .keyNotValid: true
    default: false
    }
  }
}

/// One refusal with the place it is about; a document can have many at once.
package struct Violation: Error, Equatable, Sendable {
  package let refusal: Refusal
  /// RFC 6901 pointer into the payload; empty for the document as a whole.
  package let pointer: String
  /// What this document has there, in a few words.
  package let detail: String

  package init(_ refusal: Refusal, _ pointer: String = "", _ detail: String = "") {
    self.refusal = refusal
    self.pointer = pointer
    self.detail = detail
  }
}

/// Everything wrong with a document, at once.
package struct Violations: Error, Equatable, Sendable {
  package let all: [Violation]

  package init(_ all: [Violation]) {
    precondition(!all.isEmpty)
    self.all = all
  }

  package init(_ refusal: Refusal, _ pointer: String = "", _ detail: String = "") {
    all = [Violation(refusal, pointer, detail)]
  }

  package var first: Violation { all[0] }
}
