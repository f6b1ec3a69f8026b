import Sodium

/// A document as it arrived: the exact bytes of a compact JWS (RFC 7515 §7.1), read but not yet believed.
///
/// The bytes that were signed are the bytes that are stored; nothing is ever re-encoded.
package struct SignedDocument: Sendable {
  package let bytes: [UInt8]
  /// The hash of the JWS signing input: the same content has one id whatever the signature.
  package let id: Digest
  /// The leaf of these exact bytes in a block's document tree.
  package let leaf: Digest
  package let key: KeyID
  package let envelope: Envelope
  private let signingInputCount: Int
  private let signature: Signature

  package static let maximumBytes = 65_536

  /// E-7: refuses whatever is not exactly one compact JWS of this project's profile.
  package init(_ bytes: [UInt8]) throws(Violations) {
    guard bytes.count <= SignedDocument.maximumBytes else {
      throw Violations(.documentTooLarge, "", "\(bytes.count) bytes, at most \(SignedDocument.maximumBytes)")
    }
    guard let firstDot = bytes.firstIndex(of: UInt8(ascii: ".")),
      let secondDot = bytes[(firstDot + 1)...].firstIndex(of: UInt8(ascii: ".")),
      !bytes[(secondDot + 1)...].contains(UInt8(ascii: "."))
    else { throw Violations(.notCompactJWS, "", "three parts joined by two dots are expected") }
    guard let header = Base64URL.decode(bytes[..<firstDot]),
      let payload = Base64URL.decode(bytes[(firstDot + 1)..<secondDot]),
      let signature = Base64URL.decode(bytes[(secondDot + 1)...])
    else { throw Violations(.base64Invalid) }
    self.bytes = bytes
    key = try SignedDocument.key(header)
    envelope = try Envelope(SignedDocument.json(payload))
    guard envelope.issuer == key.member else {
      throw Violations(.issuerNotKeyOwner, "/issuer", "issuer is \(envelope.issuer), kid belongs to \(key.member)")
    }
    guard let signature = Signature(signature) else {
      throw Violations(.signatureInvalid, "", "a signature has 64 bytes, this one \(signature.count)")
    }
    self.signature = signature
    signingInputCount = secondDot
    id = bytes.withUnsafeBytes { Digest(.document, of: UnsafeRawBufferPointer(rebasing: $0.prefix(secondDot))) }
    leaf = Digest(.treeLeaf, of: bytes)
  }

  /// The only door from "arrived" to "verified".
  package func verified(by publicKey: PublicKey) throws(Violations) -> VerifiedDocument {
    let good = bytes.withUnsafeBytes {
      publicKey.verifies(signature, of: UnsafeRawBufferPointer(rebasing: $0.prefix(signingInputCount)))
    }
    guard good else {
      throw Violations(
        .signatureInvalid, "", "signing input of \(signingInputCount) bytes, BLAKE2b-256 (lianrong/doc) \(id)")
    }
    return VerifiedDocument(self, publicKey: publicKey)
  }

  private static func key(_ header: [UInt8]) throws(Violations) -> KeyID {
    guard let header = try? JSON.parse(header), case .object(let members) = header else {
      throw Violations(.headerInvalid, "", "the header is not strict JSON")
    }
    guard let algorithm = header["alg"]?.string, algorithm == "EdDSA" || algorithm == "Ed25519" else {
      throw Violations(.algorithmNotAllowed, "", "alg is \(header["alg"]?.text ?? "missing")")
    }
    guard members.count == 3, header["typ"] == "lianrong+jws", let text = header["kid"]?.string, let key = KeyID(text)
    else { throw Violations(.headerInvalid, "", "members are \(members.map(\.name).joined(separator: ", "))") }
    return key
  }

  private static func json(_ payload: [UInt8]) throws(Violations) -> JSON {
    do throws(JSONError) {
      return try JSON.parse(payload)
    } catch {
      let refusal: Refusal =
        switch error.reason {
        case .duplicateName: .jsonDuplicateName
        case .notAnInteger: .jsonNotInteger
        default: .jsonInvalid
        }
      throw Violations(refusal, error.pointer, "\(error.reason.rawValue) at byte \(error.offset) of the payload")
    }
  }
}

/// A document whose signature was checked by libsodium under `publicKey`. Only `SignedDocument.verified` makes one.
package struct VerifiedDocument: Sendable {
  package let signed: SignedDocument
  package let publicKey: PublicKey

  fileprivate init(_ signed: SignedDocument, publicKey: PublicKey) {
    self.signed = signed
    self.publicKey = publicKey
  }

  package var id: Digest { signed.id }
  package var envelope: Envelope { signed.envelope }
}

/// `member/key`: whose key, and which of them. The `kid` of a JWS header.
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
  package let member: String
  package let name: String

  package init(member: String, name: String) {
    self.member = member
    self.name = name
  }

  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, isIdentifier(parts[0], upTo: 48), isIdentifier(parts[1], upTo: 48) else { return nil }
    self.init(member: String(parts[0]), name: String(parts[1]))
  }

  package var description: String { "\(member)/\(name)" }
}
