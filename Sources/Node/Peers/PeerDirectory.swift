import Sodium

/// A node that the network's records name, and where it can be reached if it says so.
package struct PeerRecord: Hashable, Sendable {
  package enum Role: Hashable, Sendable {
    case validator(index: Int)
    case observer
  }

  package struct Address: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
      self.host = host
      self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  package let key: PublicKey
  package let organisation: String
  package let role: Role
  package let address: Address?

  package init(key: PublicKey, organisation: String, role: Role, address: Address?) {
    self.key = key
    self.organisation = organisation
    self.role = role
    self.address = address
  }

  package var isValidator: Bool {
    if case .validator = role { true } else { false }
  }
}

/// Who may connect: one record a key, in the order of keys. What the records do not name is cut off (N-1).
package struct PeerDirectory: Equatable, Sendable {
  package let records: [PeerRecord]
  private let byKey: [PublicKey: PeerRecord]

  /// Of two records with one key the first counts.
  package init(_ records: [PeerRecord]) {
    byKey = Dictionary(records.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    self.records = byKey.values.sorted { $0.key < $1.key }
  }

  package subscript(key: PublicKey) -> PeerRecord? { byKey[key] }
}
