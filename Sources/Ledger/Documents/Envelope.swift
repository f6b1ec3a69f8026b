import Sodium

/// The members that every document's payload has in common, whatever its type.
package struct Envelope: Equatable, Sendable {
  /// Name and version, such as `order/1`.
  package let type: String
  /// The network's id, so that a document means nothing elsewhere.
  package let network: String
  /// The member id of the party whose act this is.
  package let issuer: String
  /// Unique for the issuer, for ever.
  package let jti: String
  /// Seconds since 1970 in the network's time: signed at, and void after.
  package let issuedAt: Int64
  package let expiresAt: Int64
  /// Members that rules read and every validator sees.
  package let terms: JSON
  /// SHA-256 digests of the disclosures that only the parties hold (RFC 9901 §4.2).
  package let committed: [Digest]

  static let maximumTime: Int64 = 253_402_300_799  // 9999-12-31T23:59:59Z
  static let maximumDisclosures = 256

  init(_ payload: JSON) throws(Violations) {
    // `terms` is read later, by the type's own form.
    guard case .object(let members) = payload else {
      throw Violations(.memberInvalid, "", "the payload is an object")
    }
    guard let terms = payload["terms"] else { throw Violations(.memberMissing, "/terms", "required") }
    let rest = JSON.object(members.filter { !$0.isNamed("terms") })
    self = try Form.read(rest) { Envelope(&$0, terms: terms) }
  }

  private init(_ form: inout Form, terms: JSON) {
    type = form.string(
      "type", schema: ["type": "string"], placeholder: "", rule: "a type and its version, such as order/1"
    ) { $0.utf8.count <= 64 ? $0 : nil }
    network = form.identifier("network", upTo: 64)
    issuer = form.identifier("issuer")
    jti = form.string(
      "jti", schema: Envelope.jtiSchema, placeholder: "", rule: "a UUID in lower case (RFC 9562)", parse: Envelope.uuid)
    issuedAt = form.integer("iat", 0...Envelope.maximumTime)
    expiresAt = form.integer("exp", 0...Envelope.maximumTime)
    committed = form.optional("details") { form in form.object("details", Envelope.digests) } ?? []
    self.terms = terms
    form.require(expiresAt > issuedAt, "exp", "later than iat")
  }

  private static func digests(_ form: inout Form) -> [Digest] {
    let digests = form.strings(
      "_sd", 1...maximumDisclosures, schema: ["type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"],
      rule: "SHA-256 in base64url, 43 characters"
    ) { text in Base64URL.decode(text).flatMap { Digest($0) } }
    _ = form.string(
      "_sd_alg", schema: ["const": "sha-256"], placeholder: "", rule: "sha-256"
    ) { $0 == "sha-256" ? $0 : nil }
    return digests
  }

  private static var jtiSchema: JSON {
    ["type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"]
  }

  private static func uuid(_ text: String) -> String? {
    guard text.utf8.count == 36 else { return nil }
    for (index, byte) in text.utf8.enumerated() {
      let isHyphen = index == 8 || index == 13 || index == 18 || index == 23
      guard isHyphen ? byte == 0x2d : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) else { return nil }
    }
    return text
  }

  /// The JSON Schema of a whole payload whose terms `body` reads: what docs/schemas publishes.
  package static func schema<T>(type: String, title: String, terms body: (inout Form) -> T) -> JSON {
    [
      "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": .string("urn:lianrong:schema:\(type)"),
      "title": .string(title), "type": "object",
      "properties": [
        "type": ["const": .string(type)],
        "network": ["type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$"],
        "issuer": ["type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,47}$"],
        "jti": jtiSchema,
        "iat": ["type": "integer", "minimum": 0, "maximum": .integer(maximumTime)],
        "exp": ["type": "integer", "minimum": 0, "maximum": .integer(maximumTime)],
        "terms": Form.schema(of: body),
        "details": Form.schema(of: digests),
      ],
      "required": ["type", "network", "issuer", "jti", "iat", "exp", "terms"], "additionalProperties": false,
    ]
  }
}
