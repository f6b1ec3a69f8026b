import NIOCore
import Replication

/// What waits to be sent to one peer: a lane a channel, each bounded in messages and bytes, the most urgent lane first.
///
/// - N-5: frames leave in the order of channels, so that a vote stands behind at most one frame of a body.
/// - N-6: a full lane never grows: consensus lets its oldest message go (votes are sent again), documents the newest,
///   and
///   control and bodies refuse, because there the caller waits for an answer.
package struct OutboundQueue: Sendable {
  package struct Limit: Equatable, Sendable {
    package var messages: Int
    package var bytes: Int

    package init(messages: Int, bytes: Int) {
      self.messages = messages
      self.bytes = bytes
    }
  }

  package enum Push: Equatable, Sendable {
    /// In the queue, in place of `dropped` older messages.
    case queued(dropped: Int)
    case refused
  }

  private struct Lane: Sendable {
    let limit: Limit
    var messages = CircularBuffer<[UInt8]>()
    var bytes = 0
    /// How much of the first message has left.
    var sent = 0

    func hasRoom(for count: Int) -> Bool { messages.count < limit.messages && bytes + count <= limit.bytes }

    /// The first message that has not begun to leave: what has begun must be finished.
    var firstWhole: Int { sent > 0 ? 1 : 0 }
  }

  private var lanes: [Lane]

  /// One limit a channel.
  package init(limits: [Limit]) {
    precondition(limits.count == PeerChannel.allCases.count)
    lanes = limits.map { Lane(limit: $0) }
  }

  package var isEmpty: Bool { lanes.allSatisfy { $0.messages.isEmpty } }
  package var bytes: Int { lanes.reduce(0) { $0 + $1.bytes } }
  package func count(on channel: PeerChannel) -> Int { lanes[Int(channel.rawValue)].messages.count }

  package mutating func push(_ message: [UInt8], on channel: PeerChannel) -> Push {
    let index = Int(channel.rawValue)
    guard message.count <= channel.maximumBytes else { return .refused }
    var dropped = 0
    if channel == .consensus {
      while !lanes[index].hasRoom(for: message.count), lanes[index].messages.count > lanes[index].firstWhole {
        let oldest = lanes[index].messages.index(lanes[index].messages.startIndex, offsetBy: lanes[index].firstWhole)
        let old = lanes[index].messages.remove(at: oldest)
        lanes[index].bytes -= old.count
        dropped += 1
      }
    }
    guard lanes[index].hasRoom(for: message.count) else { return .refused }
    lanes[index].messages.append(message)
    lanes[index].bytes += message.count
    return .queued(dropped: dropped)
  }

  /// Writes the next frame; false when nothing waits.
  package mutating func writeFrame(into buffer: inout ByteBuffer) -> Bool {
    guard let index = lanes.firstIndex(where: { !$0.messages.isEmpty }), let message = lanes[index].messages.first
    else {
      return false
    }
    let kind = UInt8(index)
    let end = lanes[index].sent + Frame.maximumPayloadBytes
    if end < message.count {
      Frame.write(kind: kind | Frame.more, message[lanes[index].sent..<end], into: &buffer)
      lanes[index].sent = end
    } else {
      Frame.write(kind: kind, message[lanes[index].sent...], into: &buffer)
      lanes[index].sent = 0
      lanes[index].bytes -= message.count
      lanes[index].messages.removeFirst()
    }
    return true
  }
}
