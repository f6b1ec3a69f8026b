import Ledger
import Logging
import NIOCore
import NIOPosix
import Node
import Replication
import Sodium
import Synchronization
import Testing

/// Waits for what other threads bring about; the deadline is far off, and only a fault reaches it.
func eventually(
  _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ holds: () -> Bool
) async throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while !holds() {
    guard ContinuousClock.now < deadline else {
      Issue.record("It never came about that \(what).", sourceLocation: sourceLocation)
      throw CancellationError()
    }
    try await Task.sleep(for: .milliseconds(1))
  }
}

/// One node of a test: its network, and everything that the network told it.
final class TestNode: Sendable {
  struct Told {
    var connected: [(PeerRecord, [UInt8])] = []
    var disconnected: [PeerRecord] = []
    var messages: [(from: PublicKey, channel: PeerChannel, bytes: [UInt8])] = []
    /// Messages that the node has not finished with.
    var held: [InboundMessage] = []
    var holds = false
  }

  static let chain = Digest([UInt8](repeating: 7, count: 32))!
  static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

  let identity: NodeIdentity
  let told: Mutex<Told>
  let network: PeerNetwork

  init(
    _ identity: NodeIdentity, knowing records: [PeerRecord], port: Int = 0, chain: Digest = TestNode.chain,
    holds: Bool = false, greeting: [UInt8] = [], _ adjust: (inout PeerSettings) -> Void = { _ in }
  ) throws {
    self.identity = identity
    told = Mutex(Told(holds: holds))
    var settings = PeerSettings(listen: .init(host: "127.0.0.1", port: port), chain: chain)
    settings.dialCourtesy = .milliseconds(50)
    // A busy machine is no hostile peer: only the tests of a timeout have a short one.
    settings.handshakeTimeout = .seconds(60)
    settings.silenceTimeout = .seconds(60)
    settings.frameTimeout = .seconds(60)
    adjust(&settings)
    let box = Box()
    network = try PeerNetwork(
      identity: identity, directory: PeerDirectory(records), settings: settings,
      events: PeerEvents(
        onConnect: { record, greeting in box.node?.told.withLock { $0.connected.append((record, greeting)) } },
        onDisconnect: { record in box.node?.told.withLock { $0.disconnected.append(record) } },
        onMessage: { message in
          box.node?.told.withLock {
            $0.messages.append((message.peer.key, message.channel, message.bytes))
            if $0.holds { $0.held.append(message) }
          }
        },
        greeting: { greeting }),
      group: TestNode.group, log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    box.slot.withLock { $0.node = self }
  }

  private final class Box: Sendable {
    struct Slot { weak var node: TestNode? }
    let slot = Mutex(Slot())
    var node: TestNode? { slot.withLock { $0.node } }
  }

  var key: PublicKey { identity.key }
  var connectedKeys: [PublicKey] { network.peers.filter(\.isConnected).map(\.record.key) }

  func messages(on channel: PeerChannel, from key: PublicKey? = nil) -> [[UInt8]] {
    told.withLock { told in
      told.messages.filter { $0.channel == channel && (key == nil || $0.from == key) }.map(\.bytes)
    }
  }

  /// The node gets to work again: lets go of what it held, and holds nothing more.
  func release() {
    let held = told.withLock { told in
      told.holds = false
      defer { told.held = [] }
      return told.held
    }
    _ = held
  }
}

/// A fixed identity: 0 has the smallest key, and so on.
func identities(_ count: Int) throws -> [NodeIdentity] {
  try (0..<count).map { index in
    let seed = SecretBytes(count: SigningKey.seedSize) { bytes in
      for offset in bytes.indices { bytes[offset] = UInt8(index + 1) }
    }
    return try NodeIdentity(SigningKey(seed: seed)!)
  }.sorted { $0.key < $1.key }
}

func record(
  _ identity: NodeIdentity, at port: Int? = nil, role: PeerRecord.Role = .validator(index: 0)
) -> PeerRecord {
  PeerRecord(
    key: identity.key, organisation: "organisation", role: role,
    address: port.map { .init(host: "127.0.0.1", port: $0) })
}

/// Two nodes that know each other; the second has dialled the first.
struct Pair {
  let first: TestNode
  let second: TestNode
  let port: Int

  init(
    secondHolds: Bool = false, _ adjust: (inout PeerSettings) -> Void = { _ in }
  ) async throws {
    let ids = try identities(2)
    first = try TestNode(ids[0], knowing: [record(ids[1])], greeting: [1], adjust)
    port = try await first.network.start()
    second = try TestNode(ids[1], knowing: [record(ids[0], at: port)], holds: secondHolds, greeting: [2], adjust)
    _ = try await second.network.start()
    let (first, second) = (first, second)
    try await eventually("the two are connected") {
      first.connectedKeys == [second.key] && second.connectedKeys == [first.key]
    }
  }

  func stop() async {
    await first.network.shutdown()
    await second.network.shutdown()
  }
}
