import Contracts
import Financing
import Ledger
import Sodium

extension FuzzTarget {
  /// What a client posts: bytes as they are, or (first byte odd) a header and a payload that are encoded and signed
  /// here, so that the readers behind base64 and signature are reached.
  static let documents = FuzzTarget(
    name: "documents", maximumBytes: 66_000,
    seeds: {
      let details: [JSON.Member] = [.init("unitPrice", "10.00"), .init("note", ["a": 1])]
      let terms: JSON = ["buyer": "steelworks", "order": "PO-1", "decision": "accepted"]
      let draft = DocumentDraft(type: "order.response/1", terms: terms, details: details)
      let compact = ExampleNetwork.signed(draft, by: "foundry", number: 1, at: 1_750_000_000)
      let parts = compact.split(separator: UInt8(ascii: ".")).compactMap { Base64URL.decode($0) }
      let disclosure = Disclosure(salt: [UInt8](repeating: 7, count: 16), name: "note", value: ["a": 1])
      return [[0] + compact, [1] + parts[0] + [0] + parts[1], [2] + Array(disclosure.text.utf8)]
    },
    words: [
      "\"alg\":", "\"EdDSA\"", "\"Ed25519\"", "\"none\"", "\"kid\":", "\"foundry/main\"", "\"typ\":",
      "\"lianrong+jws\"", "\"type\":", "\"network\":", "\"issuer\":", "\"jti\":", "\"iat\":", "\"exp\":", "\"terms\":",
      "\"details\":", "\"_sd\":", "\"_sd_alg\":", "\"sha-256\"",
    ]
  ) { bytes in
    guard let first = bytes.first else { return }
    let rest = Array(bytes.dropFirst())
    switch first % 3 {
    case 0: read(compact: rest, isSigned: false)
    case 1:
      let parts = rest.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return }
      let input = Base64URL.encodedUTF8(parts[0]) + [0x2e] + Base64URL.encodedUTF8(parts[1])
      let signature = ExampleNetwork.key("foundry").sign(input)
      read(compact: input + [0x2e] + Base64URL.encodedUTF8(signature.bytes), isSigned: true)
    default:
      guard let disclosure = Disclosure(String(decoding: rest, as: UTF8.self)) else { return }
      demand(Array(disclosure.text.utf8) == rest, "a disclosure's text is not what was sent")
      _ = disclosure.digest
    }
  }

  private static func read(compact: [UInt8], isSigned: Bool) {
    guard let document = try? SignedDocument(compact), let publicKey = ExampleNetwork.publicKeys["foundry"] else {
      return
    }
    demand(document.bytes == compact, "a document's bytes are not those that were sent")
    demand(document.envelope.issuer == document.key.member, "a key signs for another member")
    demand(document.envelope.issuedAt < document.envelope.expiresAt, "a document expires before it is issued")
    guard let verified = try? document.verified(by: publicKey) else {
      demand(!isSigned, "a good signature was refused")
      return
    }
    _ = try? AdmittedDocument(verified, registry: ActRegistry.all)
  }
}
