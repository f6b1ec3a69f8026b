import NIOCore
import Sodium

/// What one node decides for itself about its network: where it listens, how long it waits, how much it holds.
package struct PeerSettings: Sendable {
  package var listen: PeerRecord.Address
  /// The digest of the genesis: peers of another chain are refused (N-7).
  package var chain: Digest
  package var protocolVersion: UInt64 = 1

  /// From the connection to the answered hello (N-8).
  package var handshakeTimeout = TimeAmount.seconds(5)
  package var pingInterval = TimeAmount.seconds(5)
  /// A peer that says nothing for this long is gone (N-8).
  package var silenceTimeout = TimeAmount.seconds(15)
  /// How long a peer may owe the rest of a frame, or the next frame of a message (N-8).
  package var frameTimeout = TimeAmount.seconds(20)

  package var firstRedial = TimeAmount.milliseconds(100)
  package var slowestRedial = TimeAmount.seconds(3)
  /// How long the larger of two keys lets the smaller one dial first (N-2).
  package var dialCourtesy = TimeAmount.milliseconds(500)
  /// How long a peer that broke the protocol stays out (N-9).
  package var barTime = TimeAmount.seconds(10)

  /// Connections that may be in their handshake at once, in all and from one network address (N-3).
  package var maximumHandshakes = 512
  package var maximumHandshakesPerAddress = 64

  /// One a channel, in the order of channels.
  package var queueLimits: [OutboundQueue.Limit] = [
    .init(messages: 4096, bytes: 4 << 20), .init(messages: 1024, bytes: 8 << 20),
    .init(messages: 64, bytes: 64 << 20), .init(messages: 8192, bytes: 16 << 20),
  ]
  /// Bytes of messages of one peer that the owner still holds, above which nothing more is read from it (N-10).
  package var maximumHeldBytes = 32 << 20
  /// Above these a peer floods (N-9): messages of any kind, and bytes of documents, a second and at once.
  package var messageRate = 50_000
  package var messageBurst = 200_000
  package var documentByteRate = 32 << 20
  package var documentByteBurst = 128 << 20

  package init(listen: PeerRecord.Address, chain: Digest) {
    self.listen = listen
    self.chain = chain
  }

  /// The pause before dial `attempt` (1 and up): doubled each time up to the slowest, then shortened by up to a half at
  /// random, so that nodes that were cut off together do not return together.
  package func redial(attempt: Int, random: Double) -> TimeAmount {
    let factor = Double(1 << min(max(attempt, 1) - 1, 20))
    let pause = min(Double(firstRedial.nanoseconds) * factor, Double(slowestRedial.nanoseconds))
    return .nanoseconds(Int64(pause * (1 - random / 2)))
  }
}
