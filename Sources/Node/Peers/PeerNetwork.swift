import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Replication
import Sodium
import Synchronization

/// What the owner of a network is told, on event loops: it must not block, and may send from within.
package struct PeerEvents: Sendable {
  /// With the greeting of the peer.
  package var onConnect: @Sendable (PeerRecord, [UInt8]) -> Void
  package var onDisconnect: @Sendable (PeerRecord) -> Void
  package var onMessage: @Sendable (InboundMessage) -> Void
  /// What this node says to a new peer; at most 2 KiB.
  package var greeting: @Sendable () -> [UInt8]

  package init(
    onConnect: @escaping @Sendable (PeerRecord, [UInt8]) -> Void = { _, _ in },
    onDisconnect: @escaping @Sendable (PeerRecord) -> Void = { _ in },
    onMessage: @escaping @Sendable (InboundMessage) -> Void,
    greeting: @escaping @Sendable () -> [UInt8] = { [] }
  ) {
    self.onConnect = onConnect
    self.onDisconnect = onDisconnect
    self.onMessage = onMessage
    self.greeting = greeting
  }
}

/// The node's connections with the nodes that its records name: at most one each, made again when it breaks.
///
/// - N-1: both sides prove an Ed25519 key by TLS 1.3; a key that no record names is cut off in the handshake.
/// - N-2: of two connections with one process, the one that the smaller key dialled stays; of two dialled by the same
///   side, the newer. A process that lives is not pushed out by another one with its key.
/// - N-3: connections that have not said hello are few, and live for seconds.
/// - N-4: lengths are judged before anything is allocated (`FrameReader`).
/// - N-5: votes ahead of bodies (`OutboundQueue`, `PeerConnection.drain`).
/// - N-6: what waits for a slow peer is bounded (`OutboundQueue`).
/// - N-7: a peer of another chain is refused.
/// - N-8: slowness and silence end a connection.
/// - N-9: garbage and floods end a connection, and the peer stays out for a while.
/// - N-10: a peer whose messages the owner still holds is not read.
///
/// An owner that holds on to a peer's messages for longer than the silence timeout looks dead to that peer.
package final class PeerNetwork: Sendable {
  struct Dial {
    var attempt = 0
    /// From the moment a dial is planned until its connection ends.
    var isBusy = false
    var plan: Scheduled<Void>?
  }

  enum Stage: Equatable {
    case idle
    case running
    case stopped
  }

  struct State {
    var stage = Stage.idle
    var directory: PeerDirectory
    var listener: (any Channel)?
    /// Every connection that is not closed, established or not.
    var open: [ObjectIdentifier: PeerConnection] = [:]
    var established: [PublicKey: PeerConnection] = [:]
    var dials: [PublicKey: Dial] = [:]
    var barred: [PublicKey: UInt64] = [:]
    /// Accepted connections in their handshake, by network address.
    var handshakes: [String: Int] = [:]
    var handshakeCount = 0
  }

  package let settings: PeerSettings
  package let key: PublicKey
  /// Of this process, for the greeting (N-2).
  package let instance = UInt64.random(in: 1 << 63...(.max))
  let group: any EventLoopGroup
  let log: Logger
  let state: Mutex<State>
  let serverContext: NIOSSLContext
  let clientContext: NIOSSLContext
  private let events: PeerEvents
  private let counted = Mutex(PeerCounters())

  package init(
    identity: NodeIdentity, directory: PeerDirectory, settings: PeerSettings, events: PeerEvents,
    group: any EventLoopGroup, log: Logger
  ) throws {
    self.settings = settings
    self.group = group
    self.log = log
    self.events = events
    key = identity.key
    state = Mutex(State(directory: directory))
    serverContext = try NIOSSLContext(configuration: identity.configuration(asServer: true))
    clientContext = try NIOSSLContext(configuration: identity.configuration(asServer: false))
  }

  /// Listens, and dials every record that has an address. Returns the port, which matters where the settings say 0.
  package func start() async throws(NodeFailure) -> Int {
    let listener: any Channel
    do {
      listener = try await ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 256)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { self.accept($0) }
        .bind(host: settings.listen.host, port: settings.listen.port).get()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw .portInUse(settings.listen.description)
    } catch {
      throw .configuration(path: "listening address \(settings.listen)", "\(error)")
    }
    let keys = state.withLock { state in
      state.stage = .running
      state.listener = listener
      return state.directory.records.map(\.key)
    }
    for key in keys { pursue(key) }
    return listener.localAddress?.port ?? settings.listen.port
  }

  /// Ends all connections with a TLS farewell, and returns when they are closed. A stopped network does not start
  /// again.
  package func shutdown() async {
    let (listener, connections, plans) = state.withLock { state in
      state.stage = .stopped
      defer { state.dials = [:] }
      return (state.listener, Array(state.open.values), state.dials.values.compactMap(\.plan))
    }
    for plan in plans { plan.cancel() }
    // Closing fails only where it has already happened.
    try? await listener?.close().get()
    for connection in connections {
      connection.channel.eventLoop.execute { connection.end(.stopped) }
    }
    for connection in connections { try? await connection.channel.closeFuture.get() }
  }

  // MARK: Sending

  /// From any thread. False when the peer is not connected, or its queue has no room (N-6).
  @discardableResult
  package func send(_ message: [UInt8], on channel: PeerChannel, to key: PublicKey) -> Bool {
    guard let connection = state.withLock({ $0.established[key] }) else { return false }
    return connection.send(message, on: channel)
  }

  package enum Audience: Sendable {
    case validators
    case all
  }

  /// From any thread. The number of peers in whose queues the message is.
  @discardableResult
  package func broadcast(_ message: [UInt8], on channel: PeerChannel, to audience: Audience) -> Int {
    let connections = state.withLock { state in
      state.established.filter { audience == .all || state.directory[$0.key]?.isValidator == true }.map(\.value)
    }
    return connections.reduce(0) { $0 + ($1.send(message, on: channel) ? 1 : 0) }
  }

  // MARK: Looking

  package var counters: PeerCounters { counted.withLock { $0 } }

  /// All records but this node's own, in the order of keys.
  package var peers: [PeerState] {
    let (records, established) = state.withLock { ($0.directory.records, $0.established) }
    return records.filter { $0.key != key }.map { record in
      let state = established[record.key]?.state
      return PeerState(
        record: record, isConnected: state != nil, roundTrip: state?.roundTrip, queuedBytes: state?.queuedBytes ?? 0)
    }
  }

  func count(_ change: (inout PeerCounters) -> Void) { counted.withLock { change(&$0) } }
  func greeting() -> [UInt8] { events.greeting() }
  func deliver(_ message: InboundMessage) { events.onMessage(message) }
  func connected(_ record: PeerRecord, _ greeting: [UInt8]) { events.onConnect(record, greeting) }
  func disconnected(_ record: PeerRecord) { events.onDisconnect(record) }
}
