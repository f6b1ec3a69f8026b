import Foundation
import Ledger
import Sodium

/// A member's key and what is needed to sign documents with it.
package final class MemberKey: Sendable {
  package let id: KeyID
  private let key: SigningKey

  package init(_ id: KeyID, _ key: consuming SigningKey) {
    self.id = id
    self.key = key
  }

  package static func read(_ path: String, passphrase: [UInt8]? = nil) throws -> MemberKey {
    let file = try keyFile(path)
    guard let id = KeyID(file.name) else {
      throw ClientError.keyFile(path, "its name \(file.name) is not member/key")
    }
    guard let key = file.signingKey(passphrase: passphrase) else {
      throw ClientError.keyFile(
        path,
        file.isEncrypted ? "the passphrase does not open it (set LIANRONG_PASSPHRASE)" : "it is not a whole signing key"
      )
    }
    return MemberKey(id, key)
  }

  package static func keyFile(_ path: String) throws -> KeyFile {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ClientError.keyFile(path, "there is no such file")
    }
    do {
      return try KeyFile(json: Array(data))
    } catch {
      throw ClientError.keyFile(path, error.all.map { "\($0.pointer) \($0.detail)" }.joined(separator: "; "))
    }
  }

  package var publicKey: PublicKey { key.publicKey }

  package func sign(_ bytes: [UInt8]) -> Signature { key.sign(bytes) }

  /// Signs a draft for `network`, valid from `now` for `validity` seconds of network time.
  package func sign(
    _ draft: DocumentDraft, network: String, now: Int64, validity: Int64, jti: String = UUID().uuidString.lowercased()
  ) -> DocumentDraft.Signed {
    draft.signed(
      with: key,
      DocumentDraft.Issue(
        network: network, key: id, jti: jti, issuedAt: now, expiresAt: now + validity,
        salts: draft.details.map { _ in randomBytes(16) }))
  }

  /// Signs a payload as it stands, right or wrong: for a client that builds its own, and for tests of the door.
  package func sign(payload: String) -> [UInt8] {
    let header: JSON = ["alg": "EdDSA", "kid": .string(id.description), "typ": "lianrong+jws"]
    let input = Base64URL.encodedUTF8(header.utf8) + [0x2e] + Base64URL.encodedUTF8(payload.utf8)
    return input + [0x2e] + Base64URL.encodedUTF8(key.sign(input).bytes)
  }
}

/// What a client must know of a network to sign for it, and the network's time.
package struct NetworkFacts: Sendable {
  package let network: String
  package let validity: Int64
  package let rate: Int64
  package let originMilliseconds: Int64

  package init(_ json: JSON) throws {
    guard let network = json["network"]?.string, let validity = json["documentValiditySeconds"]?.integer,
      let rate = json["clock"]?["rate"]?.integer, let origin = json["clock"]?["origin"]?.integer
    else { throw ClientError.unreadable("/v1/network") }
    self.network = network
    self.validity = validity
    self.rate = rate
    originMilliseconds = origin * 1000
  }

  package static func fetch(_ client: NodeClient) async throws -> NetworkFacts {
    try NetworkFacts(try await client.json("/v1/network"))
  }

  /// Seconds since 1970 in the network's time.
  package var now: Int64 {
    let wall = Int64(Date().timeIntervalSince1970 * 1000)
    guard rate > 1, wall > originMilliseconds else { return wall / 1000 }
    return (originMilliseconds + (wall - originMilliseconds) * rate) / 1000
  }

  /// Real time until the network's clock shows `seconds`.
  package func realTime(until seconds: Int64) -> Duration {
    .milliseconds(max(0, (seconds - now) * 1000 / max(1, rate)))
  }
}
