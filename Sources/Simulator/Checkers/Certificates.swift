import Contracts
import Ledger
import Sodium

/// Whatever certificate an honest node passes on names a quorum of distinct validators of its epoch, and each has really
/// signed.
struct Certificates {
  private let chain: Digest
  private var seen: Set<Digest> = []

  init(_ genesis: Genesis) { chain = genesis.chain }

  mutating func check(_ certificate: Certificate, _ cluster: Cluster) -> String? {
    guard let validators = cluster.validators(of: certificate.epoch) else { return nil }
    guard certificate.hasQuorum(of: validators) else {
      return "a \(certificate.kind) certificate of view \(certificate.view) without a quorum was passed on"
    }
    guard certificate.isValid(for: validators, chain: chain, checking: KeyedHashes()) else {
      return "a \(certificate.kind) certificate of view \(certificate.view) with a wrong signature was passed on"
    }
    return nil
  }
}
