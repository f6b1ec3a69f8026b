import Contracts
import HTTPTypes
import Hummingbird
import Ledger
import Replication
import Sodium

/// A member's short-lived permission to read as itself: a JWT (RFC 7519) signed by one of its keys, with `iss` the
/// member,
/// `aud` the network, `iat` and `exp` at most five minutes apart, in the network's time.
struct ReadToken {
  static let type = "lianrong-read+jwt"
  static let maximumSeconds: Int64 = 300
  private let text: String

  init(_ request: Request) throws(Problem) {
    guard let header = request.headers[.authorization], header.hasPrefix("Bearer ") else {
      throw Problem.forbidden("an Authorization header with a bearer token is needed")
    }
    text = String(header.dropFirst("Bearer ".count))
  }

  /// The member whose key signed it.
  func member(door: Door, head: UInt64) throws -> String {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard text.utf8.count <= 4096, parts.count == 3, let headerBytes = Base64URL.decode(parts[0]),
      let payloadBytes = Base64URL.decode(parts[1]), let signatureBytes = Base64URL.decode(parts[2]),
      let signature = Signature(signatureBytes), let header = try? JSON.parse(headerBytes),
      let payload = try? JSON.parse(payloadBytes)
    else { throw Problem.forbidden("the token is not a compact JWS") }
    guard ["EdDSA", "Ed25519"].contains(header["alg"]?.string), header["typ"]?.string == ReadToken.type,
      let id = header["kid"]?.string.flatMap({ KeyID($0) })
    else { throw Problem.forbidden("the token's header needs alg EdDSA, typ \(ReadToken.type) and kid") }
    let now = door.clock.now / 1000
    guard payload["iss"]?.string == id.member, payload["aud"]?.string == door.network,
      let issued = payload["iat"]?.integer, let expires = payload["exp"]?.integer, expires > issued,
      expires - issued <= ReadToken.maximumSeconds * door.clock.rate, expires >= now,
      issued <= now + Door.clockTolerance * door.clock.rate
    else { throw Problem.forbidden("the token is for someone or something else, or has expired") }
    guard let key = try door.store.key(id), key.isValid(at: head + 1),
      key.publicKey.verifies(signature, of: Array(parts[0]) + [0x2e] + Array(parts[1]))
    else { throw Problem.forbidden("the token is not signed by a valid key of \(id.member)") }
    return id.member
  }
}
