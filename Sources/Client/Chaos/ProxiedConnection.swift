import NIOCore

/// A connection that a node made to another one through a proxy: two channels, and what is on its way between them.
final class ProxiedConnection: Sendable {
  private let proxies: LinkProxies
  private let inbound: any Channel
  private let outbound: any Channel
  private let dialler: Int
  private let target: Int
  private let pumps: [LinkPump]

  init(_ proxies: LinkProxies, _ inbound: any Channel, _ outbound: any Channel, dialler: Int, target: Int) {
    self.proxies = proxies
    self.inbound = inbound
    self.outbound = outbound
    self.dialler = dialler
    self.target = target
    pumps = [
      LinkPump(proxies, from: dialler, to: target, source: inbound, sink: outbound),
      LinkPump(proxies, from: target, to: dialler, source: outbound, sink: inbound),
    ]
  }

  func start() -> EventLoopFuture<Void> {
    inbound.pipeline.addHandler(pumps[0]).and(outbound.pipeline.addHandler(pumps[1]))
      .flatMap { _ in self.inbound.setOption(.autoRead, value: true) }
      .flatMap { self.outbound.setOption(.autoRead, value: true) }
  }

  func close() {
    inbound.close(promise: nil)
    outbound.close(promise: nil)
  }

  /// From any thread.
  func linksChanged() {
    inbound.eventLoop.execute {
      if self.proxies.isCut(self.dialler, self.target) {
        self.proxies.note(self.dialler, self.target)
        self.close()
      } else {
        for pump in self.pumps where pump.linkChanged() { self.close() }
      }
    }
  }
}

/// Carries bytes one way, as the link's state says.
///
/// Unchecked: touched on the event loop alone, which both channels share.
final class LinkPump: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer

  /// More than this on its way, and the sender is not read: a slow link has no endless memory.
  private static let mostHeld = 256 << 10

  private let proxies: LinkProxies
  private let from: Int
  private let to: Int
  private let source: any Channel
  private let sink: any Channel
  private var held: [(bytes: ByteBuffer, due: NIODeadline)] = []
  private var heldBytes = 0
  /// When the last of `held` is due: nothing overtakes.
  private var last = NIODeadline.uptimeNanoseconds(0)
  private var isWaiting = false
  private var isPaused = false
  /// Something was swallowed, so what follows would make no sense to the receiver.
  private var isBroken = false

  init(_ proxies: LinkProxies, from: Int, to: Int, source: any Channel, sink: any Channel) {
    self.proxies = proxies
    self.from = from
    self.to = to
    self.source = source
    self.sink = sink
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    let link = proxies.link(from, to)
    if link.isMute || isBroken {
      isBroken = true
      return proxies.note(from, to)
    }
    guard !link.isPlain || !held.isEmpty else { return sink.writeAndFlush(bytes, promise: nil) }
    proxies.note(from, to)
    let now = NIODeadline.now()
    // Half as much again at random: nothing that the seed decides depends on it.
    let delay =
      link.delayMilliseconds == 0 ? 0 : Int.random(in: 0...link.delayMilliseconds / 2) + link.delayMilliseconds
    var due = max(last, now + .milliseconds(Int64(delay)))
    if let rate = link.bytesPerSecond {
      due = due + .microseconds(Int64(bytes.readableBytes) * 1_000_000 / Int64(rate))
    }
    last = due
    held.append((bytes, due))
    heldBytes += bytes.readableBytes
    if heldBytes > LinkPump.mostHeld, !isPaused { setPaused(true) }
    waitForFirst()
  }

  private func waitForFirst() {
    guard !isWaiting, let first = held.first else { return }
    isWaiting = true
    sink.eventLoop.scheduleTask(deadline: first.due) {
      self.isWaiting = false
      self.deliver(until: .now())
    }
  }

  private func deliver(until time: NIODeadline) {
    let due = held.prefix { $0.due <= time }
    for item in due {
      heldBytes -= item.bytes.readableBytes
      sink.write(item.bytes, promise: nil)
    }
    held.removeFirst(due.count)
    if !due.isEmpty { sink.flush() }
    if isPaused, heldBytes < LinkPump.mostHeld / 2 { setPaused(false) }
    waitForFirst()
  }

  private func setPaused(_ paused: Bool) {
    isPaused = paused
    // A channel that has closed takes no options, and needs none.
    _ = source.setOption(.autoRead, value: !paused)
  }

  /// Whether the connection must end: it could not go on after what was swallowed.
  func linkChanged() -> Bool {
    let link = proxies.link(from, to)
    if isBroken { return !link.isMute }
    if link.isPlain {
      last = .now()
      deliver(until: .distantFuture)
    }
    return false
  }
}
