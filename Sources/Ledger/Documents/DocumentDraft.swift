import Sodium

/// An unsigned document: what an importer writes and `sign` turns into a compact JWS.
package struct DocumentDraft: Equatable, Sendable {
  package var type: String
  package var terms: JSON
  /// Committed members by name: they leave the signed payload as salted digests.
  package var details: [JSON.Member]

  package init(type: String, terms: JSON, details: [JSON.Member] = []) {
    self.type = type
    self.terms = terms
    self.details = details
  }

  /// Reads `{"type", "terms", "details"?}`, one document or one a line.
  package static func read(_ bytes: [UInt8]) throws(Violations) -> [DocumentDraft] {
    func parse(_ bytes: [UInt8]) throws(Violations) -> JSON {
      do throws(JSONError) {
        return try JSON.parse(bytes)
      } catch {
        throw Violations(.jsonInvalid, error.pointer, "\(error.reason.rawValue) at byte \(error.offset)")
      }
    }
    func draft(_ json: JSON) throws(Violations) -> DocumentDraft {
      guard let type = json["type"]?.string, let terms = json["terms"] else {
        throw Violations(.memberMissing, "", "an unsigned document has type and terms")
      }
      guard case .object(let details) = json["details"] ?? .object([]) else {
        throw Violations(.memberInvalid, "/details", "an object")
      }
      return DocumentDraft(type: type, terms: terms, details: details)
    }
    if let whole = try? parse(bytes) { return [try draft(whole)] }
    var drafts: [DocumentDraft] = []
    for line in bytes.split(separator: 0x0a) where !line.isEmpty { drafts.append(try draft(parse(Array(line)))) }
    guard !drafts.isEmpty else { throw Violations(.jsonInvalid, "", "there is no document") }
    return drafts
  }

  package var json: JSON {
    var members: [JSON.Member] = [.init("type", .string(type)), .init("terms", terms)]
    if !details.isEmpty { members.append(.init("details", .object(details))) }
    return .object(members)
  }

  /// What the caller's shell supplies: time and randomness are not this target's business.
  package struct Issue: Sendable {
    package let network: String
    package let key: KeyID
    package let jti: String
    package let issuedAt: Int64
    package let expiresAt: Int64
    /// 16 random bytes for each member of `details`.
    package let salts: [[UInt8]]

    package init(
      network: String, key: KeyID, jti: String, issuedAt: Int64, expiresAt: Int64, salts: [[UInt8]] = []
    ) {
      self.network = network
      self.key = key
      self.jti = jti
      self.issuedAt = issuedAt
      self.expiresAt = expiresAt
      self.salts = salts
    }
  }

  package struct Signed: Sendable {
    package let compact: [UInt8]
    package let id: Digest
    package let disclosures: [Disclosure]

    /// `JWS~disclosure~…`, or the bare JWS when nothing is committed.
    package var transmission: [UInt8] {
      disclosures.isEmpty ? compact : compact + [UInt8(ascii: "~")] + disclosures.flatMap { $0.text.utf8 + [0x7e] }
    }
  }

  /// RFC 7515 §5.1 with `alg` "EdDSA" (RFC 8037), the name that every JOSE library knows.
  package func signed(with key: borrowing SigningKey, _ issue: Issue) -> Signed {
    precondition(issue.salts.count >= details.count)
    let disclosures = zip(details, issue.salts).map { Disclosure(salt: $1, name: $0.name, value: $0.value) }
    var payload: [JSON.Member] = [
      .init("type", .string(type)), .init("network", .string(issue.network)),
      .init("issuer", .string(issue.key.member)), .init("jti", .string(issue.jti)),
      .init("iat", .integer(issue.issuedAt)), .init("exp", .integer(issue.expiresAt)), .init("terms", terms),
    ]
    if !disclosures.isEmpty {
      // Sorted, so that their order tells nothing.
      let digests = disclosures.map(\.digest).sorted().map { JSON.string(Base64URL.encode($0.bytes)) }
      payload.append(.init("details", ["_sd": .array(digests), "_sd_alg": "sha-256"]))
    }
    let header: JSON = ["alg": "EdDSA", "kid": .string(issue.key.description), "typ": "lianrong+jws"]
    let input = Base64URL.encodedUTF8(header.utf8) + [0x2e] + Base64URL.encodedUTF8(JSON.object(payload).utf8)
    let signature = Base64URL.encodedUTF8(key.sign(input).bytes)
    return Signed(compact: input + [0x2e] + signature, id: Digest(.document, of: input), disclosures: disclosures)
  }
}

/// One committed member in the open: base64url of `[salt, name, value]` (RFC 9901 §4.2.1).
package struct Disclosure: Equatable, Sendable {
  package let text: String
  package let name: String
  package let value: JSON

  package init(salt: [UInt8], name: String, value: JSON) {
    self.name = name
    self.value = value
    text = Base64URL.encode(JSON.array([.string(Base64URL.encode(salt)), .string(name), value]).utf8)
  }

  /// Nil unless it is base64url of a strict JSON array of salt, name and value.
  package init?(_ text: String) {
    guard let bytes = Base64URL.decode(text), let json = try? JSON.parse(bytes), let parts = json.array,
      parts.count == 3, let salt = parts[0].string, salt.utf8.count >= 22, let name = parts[1].string
    else { return nil }
    self.text = text
    self.name = name
    value = parts[2]
  }

  /// The digest that stands in the signed payload.
  package var digest: Digest { sha256(Array(text.utf8)) }
}
