import Sodium

/// Every use of BLAKE2b-256 in the system, in one table: each domain is the 16-byte `personal` parameter (RFC 7693
/// §2.5)
/// "lianrong/" + seven characters, so that a hash made for one use means nothing in another (E-4).
package enum Domain: String, CaseIterable, Sendable {
  /// A document's id: the JWS signing input.
  case document = "doc    "
  case block = "block  "
  case treeLeaf = "leaf   "
  case treeNode = "node   "
  case stateKey = "skey   "
  case stateValue = "sval   "
  case stateLeaf = "sleaf  "
  case stateNode = "snode  "
  case validators = "vals   "
  case vote = "vote   "
  case genesis = "genesis"
  /// The commitment of a sealed financing offer.
  case offer = "offer  "
  /// What a vote key signs to show that its organisation holds it.
  case possession = "possess"
  /// Peer messages and anything that only one node reads.
  case local = "local  "
}

extension Digest {
  private static let personals: [[UInt8]] = Domain.allCases.map { Array("lianrong/\($0.rawValue)".utf8) }

  package init(_ domain: Domain, of bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { Digest(domain, of: $0) }
  }

  package init(_ domain: Domain, of bytes: UnsafeRawBufferPointer) {
    self = Digest.personals[domain.index].withUnsafeBytes { blake2b(bytes, personal: $0) }
  }

  /// The hash of `left ‖ right`, 64 bytes, as inner nodes of trees need it.
  package init(_ domain: Domain, of left: Digest, _ right: Digest) {
    self = Swift.withUnsafeBytes(of: (left, right)) { Digest(domain, of: $0) }
  }
}

extension Domain {
  fileprivate var index: Int {
    switch self {
    case .document: 0
    case .block: 1
    case .treeLeaf: 2
    case .treeNode: 3
    case .stateKey: 4
    case .stateValue: 5
    case .stateLeaf: 6
    case .stateNode: 7
    case .validators: 8
    case .vote: 9
    case .genesis: 10
    case .offer: 11
    case .possession: 12
    case .local: 13
    }
  }
}
