import Replication

/// A message from a peer. Its bytes count as held until the message and all its copies are let go; a peer of which
/// too much is held is not read (N-10). So keep the message, not only its bytes, until the work that it asks for is
/// done.
package struct InboundMessage: Sendable {
  package let peer: PeerRecord
  package let channel: PeerChannel
  package let bytes: [UInt8]
  private let credit: InboundCredit

  init(peer: PeerRecord, channel: PeerChannel, bytes: [UInt8], credit: InboundCredit) {
    self.peer = peer
    self.channel = channel
    self.bytes = bytes
    self.credit = credit
  }
}

/// Gives its bytes back to the connection when the last copy of a message goes.
final class InboundCredit: Sendable {
  private let connection: PeerConnection
  private let bytes: Int

  init(_ bytes: Int, of connection: PeerConnection) {
    self.connection = connection
    self.bytes = bytes
  }

  deinit { connection.release(bytes) }
}
