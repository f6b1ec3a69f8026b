import Replication
import Sodium

/// What the network has seen since it started.
package struct PeerCounters: Equatable, Sendable {
  /// Connections that said hello and were taken on, in either direction.
  package var accepted = 0
  /// Certificates whose key no record names (N-1), or not the record that was dialled.
  package var refusedUnknownKey = 0
  package var refusedChain = 0
  /// Connections beyond those that may be in their handshake at once (N-3).
  package var refusedBusy = 0
  /// Returns of a peer that was cut off a moment ago (N-9).
  package var refusedBarred = 0
  /// What is not TLS 1.3 with a certificate, and handshakes that the other side broke off.
  package var failedHandshakes = 0
  package var badFrames = 0
  package var floods = 0
  /// Handshakes, frames and silences that took too long (N-8).
  package var timeouts = 0
  /// Decrypted bytes, with their frames.
  package var bytesIn = 0
  package var bytesOut = 0
  /// Messages that a full queue let go, by channel (N-6).
  package var dropped = [Int](repeating: 0, count: PeerChannel.allCases.count)
}

/// A record and how its peer is doing.
package struct PeerState: Equatable, Sendable {
  package let record: PeerRecord
  package let isConnected: Bool
  /// From the latest ping; nil before the first answer.
  package let roundTrip: Duration?
  package let queuedBytes: Int
}

/// Why a connection was ended by this side.
enum PeerCut: Equatable, Sendable {
  case unknownKey
  case otherChain
  case barred
  case handshake(String)
  case badFrame(FrameFault)
  case flood(PeerChannel)
  case timeout(String)
  /// A newer or better connection with the same peer took its place (N-2).
  case superseded
  case removed
  case stopped

  /// Whether a well-kept node never does this, so that its peer stays barred for a while (N-9).
  var isViolation: Bool {
    switch self {
    case .badFrame, .flood, .otherChain: true
    default: false
    }
  }

  func count(in counters: inout PeerCounters) {
    switch self {
    case .unknownKey: counters.refusedUnknownKey += 1
    case .otherChain: counters.refusedChain += 1
    case .barred: counters.refusedBarred += 1
    case .handshake: counters.failedHandshakes += 1
    case .badFrame: counters.badFrames += 1
    case .flood: counters.floods += 1
    case .timeout: counters.timeouts += 1
    case .superseded, .removed, .stopped: break
    }
  }
}
