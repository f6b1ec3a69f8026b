/// The lanes between two nodes, most urgent first.
package enum PeerChannel: UInt8, CaseIterable, Comparable, Sendable {
  /// Votes and certificates.
  case consensus
  /// Requests and small answers.
  case control
  /// Blocks and pieces of snapshots.
  case bodies
  /// Gossip of documents.
  case documents

  /// No message of this channel is longer, sent or received (N-4).
  package var maximumBytes: Int {
    switch self {
    case .consensus: 256 << 10
    case .control: 1 << 20
    case .bodies: 16 << 20
    case .documents: 4 << 20
    }
  }

  package static func < (a: PeerChannel, b: PeerChannel) -> Bool { a.rawValue < b.rawValue }
}
