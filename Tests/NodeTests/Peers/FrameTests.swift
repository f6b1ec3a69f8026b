import NIOCore
import Node
import Replication
import Testing

/// The values under test, changed in place, so that an expectation can hold the change.
private final class Lanes {
  var queue: OutboundQueue
  init(_ messages: Int = 100, _ bytes: Int = 1 << 30) {
    queue = OutboundQueue(limits: PeerChannel.allCases.map { _ in .init(messages: messages, bytes: bytes) })
  }
  @discardableResult
  func push(_ message: [UInt8], on channel: PeerChannel) -> OutboundQueue.Push { queue.push(message, on: channel) }
  func frame() -> [UInt8] {
    var buffer = ByteBuffer()
    _ = queue.writeFrame(into: &buffer)
    return Array(buffer.readableBytesView)
  }
  func drained() -> [UInt8] {
    var bytes: [UInt8] = []
    while !queue.isEmpty { bytes += frame() }
    return bytes
  }
}

private final class Ear {
  var reader = FrameReader()
  func hear(_ bytes: [UInt8], at now: UInt64 = 0) throws(FrameFault) -> [Frame] {
    var buffer = ByteBuffer(bytes: bytes)
    var frames: [Frame] = []
    reader.receive(&buffer, at: now)
    while let frame = try reader.next(at: now) { frames.append(frame) }
    return frames
  }
}

private final class Bucket {
  var bucket: TokenBucket
  init(_ bucket: TokenBucket) { self.bucket = bucket }
  func take(_ units: Int, at now: UInt64) -> Bool { bucket.take(units, at: now) }
}

@Suite("Frames and queues")
struct FrameTests {
  func frames(_ bytes: [UInt8], inPiecesOf size: Int = .max) throws(FrameFault) -> [Frame] {
    let ear = Ear()
    var frames: [Frame] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      frames += try ear.hear(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return frames
  }

  @Test("What the queue writes the reader reads, in pieces of any size", arguments: [1, 4, 5, 7, 65_541, .max])
  func roundTrip(_ size: Int) throws {
    let lanes = Lanes()
    let long = (0..<150_000).map { UInt8(truncatingIfNeeded: $0) }
    #expect(lanes.push(long, on: .bodies) == .queued(dropped: 0))
    #expect(lanes.push([], on: .documents) == .queued(dropped: 0))
    #expect(lanes.push([1, 2], on: .control) == .queued(dropped: 0))
    #expect(
      try frames(lanes.drained(), inPiecesOf: size) == [
        .message(.control, [1, 2]), .message(.bodies, long), .message(.documents, []),
      ])
    #expect(lanes.queue.isEmpty && lanes.queue.bytes == 0)
  }

  @Test("A frame is a length, a kind and a payload")
  func layout() throws {
    let lanes = Lanes()
    lanes.push([7, 8], on: .documents)
    #expect(lanes.drained() == [0, 0, 0, 3, 3, 7, 8])
    #expect(try frames([0, 0, 0, 9, 0x11, 0, 0, 0, 0, 0, 0, 1, 2]) == [.ping(258)])
    #expect(try frames([0, 0, 0, 9, 0x12, 0, 0, 0, 0, 0, 0, 1, 2]) == [.pong(258)])
    #expect(try frames([0, 0, 0, 2, 0x10, 5]) == [.hello([5])])
  }

  @Test("A vote stands behind at most one frame of a body (N-5)")
  func priority() throws {
    let lanes = Lanes()
    let body = [UInt8](repeating: 1, count: 200_000)
    lanes.push(body, on: .bodies)
    let begun = lanes.frame()
    lanes.push([9], on: .consensus)
    let vote = lanes.frame()
    #expect(vote == [0, 0, 0, 2, 0, 9])
    #expect(try frames(begun + vote + lanes.drained()) == [.message(.consensus, [9]), .message(.bodies, body)])
  }

  @Test("A huge length is refused by its first four bytes, and nothing is reserved for it (N-4)")
  func hugeLength() {
    #expect(throws: FrameFault.length(0xffff_ffff)) { try frames([0xff, 0xff, 0xff, 0xff]) }
    #expect(throws: FrameFault.length(65_538)) { try frames([0, 1, 0, 2]) }
  }

  @Test("A full lane: votes let the oldest go, the others refuse the newest (N-6)")
  func fullLane() throws {
    let lanes = Lanes(2, 100)
    for channel in PeerChannel.allCases {
      for value in UInt8(1)...3 {
        let expected: OutboundQueue.Push =
          value < 3 ? .queued(dropped: 0) : channel == .consensus ? .queued(dropped: 1) : .refused
        #expect(lanes.push([value], on: channel) == expected)
      }
    }
    #expect(lanes.push([UInt8](repeating: 4, count: 99), on: .consensus) == .queued(dropped: 1))
    #expect(lanes.push([UInt8](repeating: 4, count: 101), on: .consensus) == .refused)
    #expect(lanes.push([UInt8](repeating: 5, count: 97), on: .control) == .refused)
  }

  @Test("A message that has begun to leave is finished, even when its lane overflows (N-6)")
  func begunMessage() throws {
    let lanes = Lanes(2)
    let long = [UInt8](repeating: 1, count: 70_000)
    lanes.push(long, on: .consensus)
    let begun = lanes.frame()
    #expect(lanes.push([2], on: .consensus) == .queued(dropped: 0))
    #expect(lanes.push([3], on: .consensus) == .queued(dropped: 1))
    #expect(try frames(begun + lanes.drained()) == [.message(.consensus, long), .message(.consensus, [3])])
  }

  @Test("A reader knows since when it waits for the rest (N-8)")
  func owed() throws {
    let ear = Ear()
    #expect(ear.reader.owedSince == nil)
    #expect(try ear.hear([0, 0, 0, 2], at: 10) == [])
    #expect(ear.reader.owedSince == 10)
    #expect(try ear.hear([1], at: 20) == [])
    #expect(ear.reader.owedSince == 10)
    ear.reader.forgive(at: 25)
    #expect(ear.reader.owedSince == 25)
    #expect(try ear.hear([5], at: 30) == [.message(.control, [5])])
    #expect(ear.reader.owedSince == nil)
    #expect(try ear.hear([0, 1, 0, 1, 0x82] + [UInt8](repeating: 0, count: 65_536), at: 40) == [])
    #expect(ear.reader.owedSince == 40)
    #expect(try ear.hear([0, 0, 0, 2, 1, 1], at: 50) == [.message(.control, [1])])
    #expect(ear.reader.owedSince == 40)
  }

  @Test("A bucket gives its burst at once and its rate over time")
  func bucket() {
    let bucket = Bucket(TokenBucket(rate: 10, burst: 5))
    let start: UInt64 = 1_000_000_000
    #expect(bucket.take(5, at: start))
    #expect(!bucket.take(1, at: start))
    #expect(!bucket.take(1, at: start + 99_999_999))
    #expect(bucket.take(1, at: start + 100_000_000))
    #expect(!bucket.take(1, at: start + 100_000_000))
    #expect(!bucket.take(6, at: start + 60_000_000_000))
    #expect(bucket.take(5, at: start + 60_000_000_000))
    #expect(!bucket.take(.max, at: start + 120_000_000_000))
    #expect(bucket.take(5, at: start + 120_000_000_000))
  }

  @Test("The pause before a dial doubles, up to a bound, and chance shortens it by up to a half")
  func redial() {
    let settings = PeerSettings(listen: .init(host: "", port: 0), chain: .zero)
    let pauses = (1...9).map { settings.redial(attempt: $0, random: 0).nanoseconds / 1_000_000 }
    #expect(pauses == [100, 200, 400, 800, 1600, 3000, 3000, 3000, 3000])
    #expect(settings.redial(attempt: 1000, random: 0.5) == .milliseconds(2250))
  }
}
