import NIOCore
import Replication

/// One frame on the wire: u32 length of what follows, most significant byte first; u8 kind; payload.
///
/// A message longer than one frame is cut into full frames that carry the `more` bit, and a last one that does not;
/// frames of other kinds may stand between them.
package enum Frame: Equatable, Sendable {
  case message(PeerChannel, [UInt8])
  case hello([UInt8])
  case ping(UInt64)
  case pong(UInt64)

  package static let maximumPayloadBytes = 64 << 10
  package static let headBytes = 5
  package static let maximumHelloBytes = 4 << 10
  static let more: UInt8 = 0x80
  static let helloKind: UInt8 = 0x10
  static let pingKind: UInt8 = 0x11
  static let pongKind: UInt8 = 0x12

  /// Writes one frame; `payload` is at most `maximumPayloadBytes`.
  static func write(kind: UInt8, _ payload: some Collection<UInt8>, into buffer: inout ByteBuffer) {
    buffer.writeInteger(UInt32(1 + payload.count))
    buffer.writeInteger(kind)
    buffer.writeBytes(payload)
  }

  static func write(kind: UInt8, _ value: UInt64, into buffer: inout ByteBuffer) {
    buffer.writeInteger(UInt32(9))
    buffer.writeInteger(kind)
    buffer.writeInteger(value)
  }
}

/// Bytes that are no frame of this protocol: the connection that carried them is cut off.
package enum FrameFault: Error, Equatable, Sendable {
  case length(UInt32)
  case unknownKind(UInt8)
  /// A `more` bit on a frame that is not full, or of a kind that is never cut.
  case broken(kind: UInt8)
  case messageTooLong(PeerChannel)
  /// The first frame is not a proper hello, or a later one is.
  case hello
}

/// Takes frames apart and puts messages together. What it holds is bounded: one frame, one read, and one message a
/// channel.
package struct FrameReader: Sendable {
  private struct Partial: Sendable {
    var bytes: [UInt8] = []
    var since: UInt64
  }

  private var buffer = ByteBuffer()
  private var frameSince: UInt64?
  private var partials = [Partial?](repeating: nil, count: PeerChannel.allCases.count)

  package init() {}

  /// `now` is in nanoseconds of any steady clock.
  package mutating func receive(_ bytes: inout ByteBuffer, at now: UInt64) {
    if buffer.readableBytes == 0 {
      buffer.clear()
      frameSince = now
    } else {
      buffer.discardReadBytes()
    }
    buffer.writeBuffer(&bytes)
  }

  /// The next whole message; nil when more bytes are needed.
  package mutating func next(at now: UInt64) throws(FrameFault) -> Frame? {
    while let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) {
      // N-4: the length is judged by its four bytes, before anything is waited for or allocated.
      guard length >= 1, length <= 1 + Frame.maximumPayloadBytes else { throw .length(length) }
      guard buffer.readableBytes >= 4 + Int(length) else { return nil }
      buffer.moveReaderIndex(forwardBy: 4)
      guard let kind = buffer.readInteger(as: UInt8.self), let payload = buffer.readBytes(length: Int(length) - 1)
      else {
        return nil
      }
      frameSince = buffer.readableBytes > 0 ? now : nil
      if let frame = try take(kind: kind, payload, at: now) { return frame }
    }
    return nil
  }

  /// Since when the peer has owed the rest of something; nil when it owes nothing.
  package var owedSince: UInt64? {
    partials.reduce(frameSince) { oldest, partial in
      guard let partial else { return oldest }
      return min(oldest ?? .max, partial.since)
    }
  }

  /// After a time in which this side did not read, the peer owes nothing for that time.
  package mutating func forgive(at now: UInt64) {
    if frameSince != nil { frameSince = now }
    for index in partials.indices { partials[index]?.since = now }
  }

  private mutating func take(kind: UInt8, _ payload: [UInt8], at now: UInt64) throws(FrameFault) -> Frame? {
    switch kind {
    case Frame.helloKind:
      guard payload.count <= Frame.maximumHelloBytes else { throw .hello }
      return .hello(payload)
    case Frame.pingKind, Frame.pongKind:
      guard payload.count == 8 else { throw .broken(kind: kind) }
      let value = payload.reduce(0) { $0 << 8 | UInt64($1) }
      return kind == Frame.pingKind ? .ping(value) : .pong(value)
    default:
      guard let channel = PeerChannel(rawValue: kind & ~Frame.more) else { throw .unknownKind(kind) }
      return try assemble(channel, payload, isLast: kind & Frame.more == 0, at: now)
    }
  }

  private mutating func assemble(
    _ channel: PeerChannel, _ payload: [UInt8], isLast: Bool, at now: UInt64
  ) throws(FrameFault) -> Frame? {
    let index = Int(channel.rawValue)
    // A frame that is to be continued is full, so that nobody can make much work of few bytes.
    guard isLast || payload.count == Frame.maximumPayloadBytes else {
      throw .broken(kind: channel.rawValue | Frame.more)
    }
    let held = partials[index]?.bytes.count ?? 0
    guard held + payload.count <= channel.maximumBytes else { throw .messageTooLong(channel) }
    if held == 0 && isLast { return .message(channel, payload) }
    // Taken out while it grows, so that the array is not copied.
    var partial = partials[index] ?? Partial(since: now)
    partials[index] = nil
    partial.bytes += payload
    partial.since = now
    if isLast { return .message(channel, partial.bytes) }
    partials[index] = partial
    return nil
  }
}
