import Crypto
import Foundation
import NIOSSL
import Sodium
import X509

/// A node's Ed25519 transport key as TLS wants it: a private key, and a self-signed certificate that carries the
/// public key.
///
/// The certificate is only the envelope of the key (N-1): peers compare the key with their records, and read neither
/// names nor dates nor chains, so that nothing expires and a wrong clock cuts nobody off. It is made anew at each
/// start.
package struct NodeIdentity: Sendable {
  package let key: PublicKey
  let certificate: NIOSSLCertificate
  let privateKey: NIOSSLPrivateKey

  package init(_ transportKey: borrowing SigningKey) throws {
    let secret = try transportKey.withSeed { seed in
      Result { try Curve25519.Signing.PrivateKey(rawRepresentation: seed) }
    }.get()
    let name = try DistinguishedName { CommonName(hexadecimal(transportKey.publicKey.bytes)) }
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(secret.publicKey),
      notValidBefore: Date(timeIntervalSince1970: 0), notValidAfter: NodeIdentity.noExpiry,
      issuer: name, subject: name, signatureAlgorithm: .ed25519,
      extensions: Certificate.Extensions {}, issuerPrivateKey: Certificate.PrivateKey(secret))
    self.certificate = try NIOSSLCertificate(
      bytes: Array(certificate.serializeAsPEM().pemString.utf8), format: .pem)
    privateKey = try NIOSSLPrivateKey(
      bytes: transportKey.withSeed { NodeIdentity.privateKeyPrefix + $0 }, format: .der)
    key = transportKey.publicKey
  }

  /// The Ed25519 key in a certificate; nil when it carries a key of another kind.
  package static func peerKey(of certificate: NIOSSLCertificate) -> PublicKey? {
    guard let info = try? certificate.extractPublicKey().toSPKIBytes(),
      info.count == publicKeyPrefix.count + PublicKey.size, info.starts(with: publicKeyPrefix)
    else { return nil }
    return PublicKey(info.suffix(PublicKey.size))
  }

  /// RFC 5280 §4.1.2.5: 99991231235959Z means that there is no expiry.
  private static let noExpiry = Date(timeIntervalSince1970: 253_402_300_799)
  /// RFC 8410 §4 and §7: what stands before the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo and in PKCS #8.
  private static let publicKeyPrefix: [UInt8] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
  ]
  private static let privateKeyPrefix: [UInt8] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ]
}

extension NodeIdentity {
  /// TLS 1.3 and Ed25519 only, with certificates both ways. The library's chain verification is replaced, not
  /// switched off: every handler made from this must be given a verification callback that pins the key.
  package func configuration(asServer: Bool) -> TLSConfiguration {
    var configuration =
      asServer
      ? TLSConfiguration.makeServerConfigurationWithMTLS(
        certificateChain: [.certificate(certificate)], privateKey: .privateKey(privateKey),
        trustRoots: .certificates([]))
      : TLSConfiguration.makeClientConfiguration()
    configuration.certificateChain = [.certificate(certificate)]
    configuration.privateKey = .privateKey(privateKey)
    configuration.trustRoots = .certificates([])
    configuration.certificateVerification = .noHostnameVerification
    configuration.minimumTLSVersion = .tlsv13
    configuration.maximumTLSVersion = .tlsv13
    configuration.verifySignatureAlgorithms = [.ed25519]
    configuration.signingSignatureAlgorithms = [.ed25519]
    // What is recorded today should not be readable with a quantum computer later: the hybrid exchange first.
    configuration.curves = [.x25519_MLKEM768, .x25519]
    configuration.shutdownTimeout = .seconds(1)
    return configuration
  }
}
