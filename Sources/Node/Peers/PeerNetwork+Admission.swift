import NIOCore
import NIOSSL
import Sodium

/// Linux's TCP_NOTSENT_LOWAT: how much unsent data the kernel takes. Without it megabytes of a body would stand in the
/// kernel's buffer before a vote (N-5).
private let notSentLowWater = NIOBSDSocket.Option(rawValue: 25)

extension PeerNetwork {
  /// N-1 and N-9, asked in the handshake and again at the hello; nil when the key may come in.
  private static func refusal(of key: PublicKey, in state: State, own: PublicKey) -> PeerCut? {
    guard key != own, state.directory[key] != nil else { return .unknownKey }
    guard state.barred[key, default: 0] <= PeerConnection.now else { return .barred }
    return nil
  }

  /// An accepted connection: TLS and the frames above it, if there is room for one more handshake (N-3).
  func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
    let connection = PeerConnection(self, channel: channel, dialled: nil)
    let hasRoom = state.withLock { state in
      guard state.stage == .running, state.handshakeCount < settings.maximumHandshakes,
        state.handshakes[connection.remote, default: 0] < settings.maximumHandshakesPerAddress
      else { return false }
      state.handshakeCount += 1
      state.handshakes[connection.remote, default: 0] += 1
      return true
    }
    guard hasRoom else {
      count { $0.refusedBusy += 1 }
      return channel.eventLoop.makeFailedFuture(ChannelError.inappropriateOperationForState)
    }
    return channel.eventLoop.makeCompletedFuture {
      try assemble(
        connection,
        tls: NIOSSLServerHandler(context: serverContext) { chain, verdict in
          self.judge(chain, on: connection, verdict)
        })
    }
  }

  /// A dialled connection.
  func prepare(_ channel: any Channel, for key: PublicKey) -> EventLoopFuture<Void> {
    let connection = PeerConnection(self, channel: channel, dialled: key)
    return channel.eventLoop.makeCompletedFuture {
      try assemble(
        connection,
        tls: NIOSSLClientHandler(context: clientContext, serverHostname: nil) { chain, verdict in
          self.judge(chain, on: connection, verdict)
        })
    }
  }

  private func assemble(_ connection: PeerConnection, tls: NIOSSLHandler) throws {
    let channel = connection.channel
    let isRunning = state.withLock { state in
      state.open[ObjectIdentifier(connection)] = connection
      return state.stage == .running
    }
    channel.closeFuture.whenComplete { _ in self.ended(connection) }
    guard isRunning else { throw ChannelError.alreadyClosed }
    try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
    try channel.syncOptions?.setOption(.tcpOption(notSentLowWater), value: 128 << 10)
    try channel.pipeline.syncOperations.addHandlers([tls, connection])
  }

  /// The verification of TLS: it may not touch the connection, only say yes or no, and leave the reason.
  private func judge(
    _ chain: [NIOSSLCertificate], on connection: PeerConnection, _ verdict: EventLoopPromise<NIOSSLVerificationResult>
  ) {
    let key = chain.first.flatMap(NodeIdentity.peerKey(of:))
    if let key, connection.dialled == nil || connection.dialled == key {
      connection.cut = state.withLock { PeerNetwork.refusal(of: key, in: $0, own: self.key) }
      connection.key = connection.cut == nil ? key : nil
    } else {
      connection.cut = .unknownKey
    }
    verdict.succeed(connection.cut == nil ? .certificateVerified : .failed)
  }

  /// On the connection's event loop, at a good hello: nil when it stays.
  func admit(_ connection: PeerConnection, key: PublicKey, greeting: [UInt8]) -> PeerCut? {
    enum Outcome {
      case refused(PeerCut)
      case admitted(PeerRecord, replacing: PeerConnection?)
    }
    let outcome = state.withLock { state -> Outcome in
      guard state.stage == .running else { return .refused(.stopped) }
      if let refusal = PeerNetwork.refusal(of: key, in: state, own: self.key) { return .refused(refusal) }
      guard let record = state.directory[key] else { return .refused(.unknownKey) }
      let old = state.established[key]
      // N-2: a process that lives stays, so that one with a copied key does not push it out.
      if let old, old.instance != connection.instance, old.isLively {
        return .refused(.superseded)
      }
      // Of two that were dialled together, both sides see who dialled, so both keep the same one.
      if let old, (old.dialled == nil) != (connection.dialled == nil), isPreferred(old, with: key) {
        return .refused(.superseded)
      }
      leaveHandshake(connection, in: &state)
      connection.record = record
      connection.since = .now()
      connection.phase = .established
      state.established[key] = connection
      return .admitted(record, replacing: old)
    }
    switch outcome {
    case .refused(let cut): return cut
    case .admitted(let record, let old):
      count { $0.accepted += 1 }
      if let old {
        old.channel.eventLoop.execute { old.end(.superseded) }
        disconnected(record)
      }
      log.info("peer connected", metadata: ["peer": "\(record.organisation)", "key": "\(key.digest)"])
      connected(record, greeting)
      return nil
    }
  }

  private func isPreferred(_ connection: PeerConnection, with peer: PublicKey) -> Bool {
    (connection.dialled != nil) == (key < peer)
  }

  private func leaveHandshake(_ connection: PeerConnection, in state: inout State) {
    guard connection.dialled == nil, let count = state.handshakes[connection.remote] else { return }
    state.handshakeCount -= 1
    state.handshakes[connection.remote] = count > 1 ? count - 1 : nil
  }

  /// Once a connection, when its channel has closed.
  private func ended(_ connection: PeerConnection) {
    let record = connection.record
    let wasCurrent = state.withLock { state in
      state.open[ObjectIdentifier(connection)] = nil
      guard let record else {
        leaveHandshake(connection, in: &state)
        return false
      }
      guard state.established[record.key] === connection else { return false }
      state.established[record.key] = nil
      // Only a connection that lasted shows that the peer is well.
      if let since = connection.since, NIODeadline.now() - since > settings.silenceTimeout {
        state.dials[record.key]?.attempt = 0
      }
      return true
    }
    guard wasCurrent, let record else { return }
    log.info("peer disconnected", metadata: ["peer": "\(record.organisation)", "key": "\(record.key.digest)"])
    disconnected(record)
    pursue(record.key)
  }

  /// Counts why this side ends a connection, and bars the peer where the reason is its fault.
  func note(_ cut: PeerCut, of connection: PeerConnection) {
    count(cut.count(in:))
    let peer = connection.key.map { "\($0.digest)" } ?? connection.remote
    // Strangers could fill a log; members are few, and barred for a while each time.
    if cut.isViolation, let key = connection.key {
      let until = PeerConnection.now + UInt64(settings.barTime.nanoseconds)
      state.withLock { $0.barred[key] = until }
      log.warning("peer cut off", metadata: ["peer": "\(peer)", "reason": "\(cut)"])
    } else {
      log.debug("connection ended", metadata: ["peer": "\(peer)", "reason": "\(cut)"])
    }
  }
}
