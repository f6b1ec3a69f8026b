import Ledger
import NIOCore
import Replication

/// A stream of frames, read at once and read in pieces (the first byte is their size): the same frames, the same fault
/// and bounded memory; and the frames of a hello, which are read as one.
@Sendable package func readFrames(_ input: [UInt8]) {
  guard let first = input.first else { return }
  let bytes = Array(input.dropFirst())
  let whole = frames(of: bytes, pieces: bytes.count)
  let pieces = frames(of: bytes, pieces: 1 + Int(first) * Int(first))
  guard whole.frames == pieces.frames, whole.fault == pieces.fault else {
    fatalError("pieces of a stream say something else")
  }
  for case .hello(let payload) in whole.frames {
    readHello(payload)
  }
  readHello(bytes)
}

package let frameSeeds: @Sendable () -> [[UInt8]] = {
  let hello = Hello(version: 1, chain: .zero, greeting: [1, 2, 3], instance: 9)
  var stream = ByteBuffer()
  Frame.write(kind: Frame.helloKind, hello.cbor, into: &stream)
  Frame.write(kind: Frame.pingKind, 7, into: &stream)
  Frame.write(kind: Frame.pongKind, .max, into: &stream)
  for channel in PeerChannel.allCases { Frame.write(kind: channel.rawValue, [1, 2, 3], into: &stream) }
  var long = ByteBuffer()
  let full = [UInt8](repeating: 0, count: Frame.maximumPayloadBytes)
  Frame.write(kind: PeerChannel.bodies.rawValue | Frame.more, full, into: &long)
  Frame.write(kind: Frame.pingKind, 7, into: &long)
  Frame.write(kind: PeerChannel.bodies.rawValue, [1], into: &long)
  return [
    [0] + Array(stream.readableBytesView), [3] + Array(stream.readableBytesView), [255] + Array(long.readableBytesView),
    hello.cbor,
  ]
}

private func readHello(_ bytes: [UInt8]) {
  guard let hello = try? Hello(cbor: bytes) else { return }
  guard hello.cbor == bytes else { fatalError("a hello was read from bytes that it does not write") }
}

private func frames(of bytes: [UInt8], pieces size: Int) -> (frames: [Frame], fault: FrameFault?) {
  var reader = FrameReader()
  var frames: [Frame] = []
  var rest = bytes[...]
  var now: UInt64 = 0
  while !rest.isEmpty {
    now += 1
    var piece = ByteBuffer(bytes: rest.prefix(size))
    rest = rest.dropFirst(size)
    reader.receive(&piece, at: now)
    do throws(FrameFault) {
      while let frame = try reader.next(at: now) { frames.append(frame) }
    } catch {
      return (frames, error)
    }
    guard reader.owedSince ?? 0 <= now else { fatalError("the peer owes something since later than now") }
  }
  return (frames, nil)
}
