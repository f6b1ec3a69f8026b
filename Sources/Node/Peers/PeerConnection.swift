import Ledger
import NIOCore
import NIOSSL
import Replication
import Sodium
import Synchronization

/// One connection: its hello, its frames, its clock. It performs; who may stay is decided by `PeerNetwork`.
///
/// Unchecked: everything that is not in `outbound`, `held` and `isPaused` is touched on the channel's event loop only.
final class PeerConnection: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer

  enum Phase: Equatable {
    /// TLS, and then the wait for the peer's hello.
    case opening
    case established
    case closed
  }

  struct Outbound {
    var queue: OutboundQueue
    var isClosed = false
    /// A drain is on its way, or the channel's writability will bring one.
    var isDraining = false
  }

  let network: PeerNetwork
  let channel: any Channel
  /// The record that was dialled; nil when the peer dialled.
  let dialled: PublicKey?
  /// Where the peer is, for the bound on handshakes.
  let remote: String

  var phase = Phase.opening
  /// The key of a certificate that was accepted.
  var key: PublicKey?
  var record: PeerRecord?
  /// Of the peer's process.
  var instance: UInt64?
  /// When it was taken on.
  var since: NIODeadline?
  /// Why this connection is over; the first reason counts.
  var cut: PeerCut?

  private let settings: PeerSettings
  private var context: ChannelHandlerContext?
  private var reader = FrameReader()
  private var messageBucket: TokenBucket
  private var documentBucket: TokenBucket
  private var clock: Scheduled<Void>?
  private var lastHeard: UInt64 {
    get { heard.load(ordering: .relaxed) }
    set { heard.store(newValue, ordering: .relaxed) }
  }
  private let heard = Atomic<UInt64>(0)

  private let outbound: Mutex<Outbound>
  private var buffer = ByteBuffer()
  private var isWriting = false
  private var pingToSend: UInt64?
  private var pongToSend: UInt64?
  private var pingSent: UInt64?
  /// Nanoseconds; 0 before the first answer.
  private let roundTripNanoseconds = Atomic<Int64>(0)

  private let held = Atomic<Int>(0)
  private let isPaused = Atomic<Bool>(false)

  init(_ network: PeerNetwork, channel: any Channel, dialled: PublicKey?) {
    self.network = network
    self.channel = channel
    self.dialled = dialled
    remote = channel.remoteAddress?.ipAddress ?? ""
    settings = network.settings
    outbound = Mutex(Outbound(queue: OutboundQueue(limits: settings.queueLimits)))
    messageBucket = TokenBucket(rate: settings.messageRate, burst: settings.messageBurst)
    documentBucket = TokenBucket(rate: settings.documentByteRate, burst: settings.documentByteBurst)
  }

  static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

  /// From any thread: the peer has answered the newest ping, or may still.
  var isLively: Bool {
    PeerConnection.now - heard.load(ordering: .relaxed) < UInt64(settings.pingInterval.nanoseconds) * 6 / 5
  }

  // MARK: The channel's events

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    clock?.cancel()
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    clock = channel.eventLoop.scheduleTask(in: settings.handshakeTimeout) { self.end(.timeout("the handshake")) }
    // TLS keeps this back until the peer's certificate has been accepted.
    let hello = Hello(
      version: settings.protocolVersion, chain: settings.chain, greeting: network.greeting(), instance: network.instance
    )
    Frame.write(kind: Frame.helloKind, hello.cbor, into: &buffer)
    write(context)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard phase != .closed else { return }
    var bytes = unwrapInboundIn(data)
    lastHeard = PeerConnection.now
    network.count { $0.bytesIn += bytes.readableBytes }
    reader.receive(&bytes, at: lastHeard)
    do throws(FrameFault) {
      while phase != .closed, let frame = try reader.next(at: lastHeard) { try take(frame) }
    } catch {
      end(.badFrame(error))
    }
    if phase != .closed, pongToSend != nil { drain() }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if channel.isWritable { drain() }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    if phase == .opening, cut == nil { end(.handshake("the peer closed it")) }
    close()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch phase {
    case .opening: end(cut ?? .handshake("\(error)"))
    // A connection that breaks is not the peer's fault; the channel's end says the rest.
    case .established: context.close(promise: nil)
    case .closed: break
    }
  }

  // MARK: Frames

  private func take(_ frame: Frame) throws(FrameFault) {
    guard messageBucket.take(1, at: lastHeard) else { return end(.flood(.control)) }
    switch (phase, frame) {
    case (.opening, .hello(let bytes)): try greet(bytes)
    case (.opening, _), (_, .hello): throw .hello
    case (_, .message(let channel, let bytes)): deliver(bytes, on: channel)
    case (_, .ping(let value)): pongToSend = value
    case (_, .pong(let value)):
      guard value == pingSent else { return }
      pingSent = nil
      roundTripNanoseconds.store(max(1, Int64(clamping: PeerConnection.now - value)), ordering: .relaxed)
    }
  }

  private func greet(_ bytes: [UInt8]) throws(FrameFault) {
    let hello: Hello
    do throws(CBORError) { hello = try Hello(cbor: bytes) } catch { throw .hello }
    // N-1: the key is looked up again, so that a record that went away since the handshake counts.
    guard let certificate = try? context?.pipeline.syncOperations.nioSSL_peerCertificate(),
      let key = NodeIdentity.peerKey(of: certificate), dialled == nil || dialled == key
    else { return end(.unknownKey) }
    // N-7: another chain, or another protocol, has nothing to say here.
    guard hello.chain == settings.chain, hello.version == settings.protocolVersion else { return end(.otherChain) }
    clock?.cancel()
    instance = hello.instance
    if let refusal = network.admit(self, key: key, greeting: hello.greeting) { return end(refusal) }
    pingToSend = lastHeard
    clock = channel.eventLoop.scheduleTask(in: settings.pingInterval) { self.tick() }
    drain()
  }

  private func deliver(_ bytes: [UInt8], on channel: PeerChannel) {
    guard let record else { return }
    guard channel != .documents || documentBucket.take(bytes.count, at: lastHeard) else { return end(.flood(channel)) }
    // The fixed part stands for what a message costs besides its bytes.
    let cost = bytes.count + 256
    held.add(cost, ordering: .sequentiallyConsistent)
    network.deliver(
      InboundMessage(peer: record, channel: channel, bytes: bytes, credit: InboundCredit(cost, of: self)))
    // N-10: not read again until the owner has let go of half.
    if held.load(ordering: .sequentiallyConsistent) > settings.maximumHeldBytes,
      !isPaused.exchange(true, ordering: .sequentiallyConsistent)
    {
      setReading(false)
      resumeIfReleased()
    }
  }

  /// From any thread.
  func release(_ bytes: Int) {
    held.subtract(bytes, ordering: .sequentiallyConsistent)
    guard isPaused.load(ordering: .sequentiallyConsistent),
      held.load(ordering: .sequentiallyConsistent) <= settings.maximumHeldBytes / 2
    else { return }
    channel.eventLoop.execute { self.resumeIfReleased() }
  }

  private func resumeIfReleased() {
    guard held.load(ordering: .sequentiallyConsistent) <= settings.maximumHeldBytes / 2,
      isPaused.exchange(false, ordering: .sequentiallyConsistent), phase != .closed
    else { return }
    lastHeard = PeerConnection.now
    reader.forgive(at: lastHeard)
    setReading(true)
  }

  private func setReading(_ reading: Bool) {
    // A channel that is closing takes no options; its end comes anyway.
    try? channel.syncOptions?.setOption(.autoRead, value: reading)
  }

  // MARK: The clock

  /// N-8: silence, and what is owed too long, end the connection. Time in which this side did not read counts for
  /// nobody.
  private func tick() {
    guard phase == .established else { return }
    let now = PeerConnection.now
    if !isPaused.load(ordering: .relaxed) {
      if now - lastHeard > UInt64(settings.silenceTimeout.nanoseconds) { return end(.timeout("an answer")) }
      if let since = reader.owedSince, now - since > UInt64(settings.frameTimeout.nanoseconds) {
        return end(.timeout("the rest of a frame"))
      }
    }
    pingToSend = now
    drain()
    clock = channel.eventLoop.scheduleTask(in: settings.pingInterval) { self.tick() }
  }

  // MARK: Sending

  /// From any thread. Several calls in a row cost one wake-up and one flush.
  func send(_ message: [UInt8], on channel: PeerChannel) -> Bool {
    let (push, wake) = outbound.withLock { outbound in
      guard !outbound.isClosed else { return (OutboundQueue.Push.refused, false) }
      let push = outbound.queue.push(message, on: channel)
      let wake = push != .refused && !outbound.isDraining
      if wake { outbound.isDraining = true }
      return (push, wake)
    }
    if wake { self.channel.eventLoop.execute { self.drain() } }
    switch push {
    case .queued(let dropped):
      if dropped > 0 { network.count { $0.dropped[Int(channel.rawValue)] += dropped } }
      return true
    case .refused:
      network.count { $0.dropped[Int(channel.rawValue)] += 1 }
      return false
    }
  }

  var state: (roundTrip: Duration?, queuedBytes: Int) {
    let nanoseconds = roundTripNanoseconds.load(ordering: .relaxed)
    return (nanoseconds > 0 ? .nanoseconds(nanoseconds) : nil, outbound.withLock { $0.queue.bytes })
  }

  /// Writes while the channel takes it, a frame's worth at a time, so that what becomes urgent goes next (N-5).
  private func drain() {
    guard phase == .established, let context, !isWriting else { return }
    isWriting = true
    defer { isWriting = false }
    for _ in 0..<PeerConnection.writesPerTurn {
      // Left marked as draining: the channel says when it is writable again.
      guard channel.isWritable else { return outbound.withLock { $0.isDraining = true } }
      if let value = pongToSend {
        Frame.write(kind: Frame.pongKind, value, into: &buffer)
        pongToSend = nil
      }
      if let value = pingToSend {
        Frame.write(kind: Frame.pingKind, value, into: &buffer)
        (pingSent, pingToSend) = (value, nil)
      }
      let isEmpty = outbound.withLock { outbound in
        while buffer.readableBytes < Frame.maximumPayloadBytes, outbound.queue.writeFrame(into: &buffer) {}
        outbound.isDraining = buffer.readableBytes > 0
        return !outbound.isDraining
      }
      if isEmpty { return }
      write(context)
      guard phase == .established else { return }
    }
    // The other connections of this event loop come first.
    channel.eventLoop.execute { self.drain() }
  }

  private static let writesPerTurn = 16

  private func write(_ context: ChannelHandlerContext) {
    network.count { $0.bytesOut += buffer.readableBytes }
    context.writeAndFlush(NIOAny(buffer), promise: nil)
    buffer.clear()
  }

  // MARK: The end

  /// Messages that the owner still holds keep this object: it keeps nothing else in memory.
  private func close() {
    phase = .closed
    clock?.cancel()
    reader = FrameReader()
    let empty = OutboundQueue(limits: settings.queueLimits)
    outbound.withLock { $0 = Outbound(queue: empty, isClosed: true) }
  }

  /// On the event loop. A peer that is cut off gets no TLS farewell, which it could drag out; a node that stops says
  /// one.
  func end(_ reason: PeerCut) {
    guard phase != .closed else { return }
    close()
    cut = reason
    network.note(reason, of: self)
    if reason != .stopped, let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLHandler.self) {
      tls.close(promise: nil)
    } else {
      channel.close(promise: nil)
    }
  }
}
