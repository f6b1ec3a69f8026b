import Crypto
import Foundation
import NIOCore
import NIOSSL
import Node
import Replication
import Sodium
import Testing
import X509

@Suite("Hostile peers are cut off and counted")
struct HostilePeerTests {
  /// A node that knows one peer, which the test plays.
  struct Stage {
    let node: TestNode
    let port: Int
    let known: NodeIdentity
    let stranger: NodeIdentity

    init(_ adjust: (inout PeerSettings) -> Void = { _ in }) async throws {
      let ids = try identities(3)
      node = try TestNode(ids[0], knowing: [record(ids[0]), record(ids[1])], adjust)
      port = try await node.network.start()
      (known, stranger) = (ids[1], ids[2])
    }

    /// The other side may see the end of its connection before the node has counted it.
    func counted(_ counter: KeyPath<PeerCounters, Int>) async throws {
      let node = node
      try await eventually("it is counted") { node.network.counters[keyPath: counter] > 0 }
      #expect(node.network.counters[keyPath: counter] == 1)
    }

    func admitted() async throws -> HostileClient {
      let client = try await HostileClient(port: port, as: known)
      client.hello()
      let node = node
      try await eventually("the client is in") { node.connectedKeys.count == 1 }
      return client
    }
  }

  @Test("A certificate whose key no record names is refused in the handshake (N-1)")
  func unknownCertificate() async throws {
    let stage = try await Stage()
    let client = try await HostileClient(port: stage.port, as: stage.stranger)
    client.hello()
    try await client.cutOff()
    try await stage.counted(\.refusedUnknownKey)
    #expect(stage.node.network.counters.accepted == 0)
    #expect(client.heard.isEmpty)
    await stage.node.network.shutdown()
  }

  @Test("The node's own key comes from no other machine (N-1)")
  func ownCertificate() async throws {
    let stage = try await Stage()
    let client = try await HostileClient(port: stage.port, as: stage.node.identity)
    client.hello()
    try await client.cutOff()
    try await stage.counted(\.refusedUnknownKey)
    await stage.node.network.shutdown()
  }

  @Test("Whoever answers at a peer's address with another key is refused, even with a known one (N-1)")
  func wrongServer() async throws {
    let ids = try identities(3)
    let other = try TestNode(ids[2], knowing: [record(ids[1])])
    let port = try await other.network.start()
    let node = try TestNode(ids[1], knowing: [record(ids[0], at: port), record(ids[2])])
    _ = try await node.network.start()
    try await eventually("the server is refused") { node.network.counters.refusedUnknownKey > 0 }
    #expect(node.network.counters.accepted == 0)
    await node.network.shutdown()
    await other.network.shutdown()
  }

  @Test(
    "TLS without a certificate, of an older version or with a key of another kind is refused (N-1)", arguments: 0..<3)
  func lesserTLS(_ kind: Int) async throws {
    let stage = try await Stage()
    var tls = stage.known.configuration(asServer: false)
    switch kind {
    case 0: (tls.certificateChain, tls.privateKey) = ([], nil)
    case 1: (tls.minimumTLSVersion, tls.maximumTLSVersion) = (.tlsv12, .tlsv12)
    default:
      let secret = P256.Signing.PrivateKey()
      let name = try DistinguishedName { CommonName("P-256") }
      let certificate = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: .init(secret.publicKey), notValidBefore: .distantPast,
        notValidAfter: .distantFuture, issuer: name, subject: name, extensions: .init(), issuerPrivateKey: .init(secret)
      )
      let der = try NIOSSLCertificate(bytes: Array(certificate.serializeAsPEM().pemString.utf8), format: .pem)
      #expect(NodeIdentity.peerKey(of: der) == nil)
      tls.certificateChain = [.certificate(der)]
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(secret.pemRepresentation.utf8), format: .pem))
      tls.signingSignatureAlgorithms = nil
    }
    let client = try await HostileClient(port: stage.port, tls: tls)
    client.hello()
    try await client.cutOff()
    try await stage.counted(\.failedHandshakes)
    #expect(stage.node.network.counters.accepted == 0)
    await stage.node.network.shutdown()
  }

  @Test("A peer of another chain or protocol is refused (N-7)", arguments: [0, 1])
  func otherChain(_ kind: Int) async throws {
    let stage = try await Stage()
    let client = try await HostileClient(port: stage.port, as: stage.known)
    if kind == 0 { client.hello(chain: .zero) } else { client.hello(version: 2) }
    try await client.cutOff()
    try await stage.counted(\.refusedChain)
    #expect(stage.node.network.counters.accepted == 0)
    await stage.node.network.shutdown()
  }

  @Test("Garbage instead of TLS is cut off")
  func garbage() async throws {
    let stage = try await Stage()
    let client = try await HostileClient(port: stage.port, tls: nil)
    client.say(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
    try await client.cutOff()
    try await stage.counted(\.failedHandshakes)
    await stage.node.network.shutdown()
  }

  @Test("A connection that says nothing is cut off (N-8)", arguments: [true, false])
  func silentStranger(inTLS: Bool) async throws {
    let stage = try await Stage { $0.handshakeTimeout = .milliseconds(200) }
    let client = try await HostileClient(
      port: stage.port, tls: inTLS ? stage.known.configuration(asServer: false) : nil)
    try await client.cutOff()
    try await stage.counted(\.timeouts)
    await stage.node.network.shutdown()
  }

  @Test("Only so many connections may be in their handshake (N-3)")
  func crowd() async throws {
    let stage = try await Stage { $0.maximumHandshakesPerAddress = 3 }
    var crowd: [HostileClient] = []
    for _ in 0..<4 { crowd.append(try await HostileClient(port: stage.port, tls: nil)) }
    // Whichever of the four came last.
    try await eventually("one is refused") { stage.node.network.counters.refusedBusy == 1 }
    for client in crowd { try await client.leave() }
    try await eventually("the crowd is gone") { stage.node.network.counters.failedHandshakes == 3 }
    // The places are free again.
    let client = try await stage.admitted()
    try await client.leave()
    await stage.node.network.shutdown()
  }

  /// What an admitted peer may send that no honest one does.
  static let badFrames: [(String, [UInt8])] = [
    ("a huge length", [0xff, 0xff, 0xff, 0xff]),
    ("a length one above the bound", [0x00, 0x01, 0x00, 0x02]),
    ("a length of nothing", [0, 0, 0, 0]),
    ("an unknown kind", [0, 0, 0, 2, 0x55, 0]),
    ("a continued frame that is not full", [0, 0, 0, 2, 0x82, 0]),
    ("a ping of two bytes", [0, 0, 0, 3, 0x11, 0, 0]),
    ("a second hello", [0, 0, 0, 2, 0x10, 0]),
  ]

  @Test(
    "A frame that is none is cut off at once, and its sender stays out for a while (N-4, N-9)", arguments: badFrames)
  func badFrame(_ name: String, _ bytes: [UInt8]) async throws {
    let stage = try await Stage()
    let client = try await stage.admitted()
    client.say(bytes)
    try await client.cutOff()
    try await stage.counted(\.badFrames)
    let again = try await HostileClient(port: stage.port, as: stage.known)
    again.hello()
    try await again.cutOff()
    try await stage.counted(\.refusedBarred)
    #expect(stage.node.network.counters.accepted == 1)
    await stage.node.network.shutdown()
  }

  @Test("A peer that does not begin with a hello is cut off")
  func noHello() async throws {
    let stage = try await Stage()
    let client = try await HostileClient(port: stage.port, as: stage.known)
    client.frame(kind: 0, [1])
    try await client.cutOff()
    try await stage.counted(\.badFrames)
    #expect(stage.node.messages(on: .consensus).isEmpty)
    await stage.node.network.shutdown()
  }

  @Test("A message longer than its channel allows is cut off before it is whole (N-4)")
  func messageTooLong() async throws {
    let stage = try await Stage()
    let client = try await stage.admitted()
    for _ in 0...(PeerChannel.consensus.maximumBytes / 65_536) {
      client.frame(kind: 0x80, [UInt8](repeating: 0, count: 65_536))
    }
    try await client.cutOff()
    try await stage.counted(\.badFrames)
    #expect(stage.node.messages(on: .consensus).isEmpty)
    await stage.node.network.shutdown()
  }

  @Test("Who owes the rest of a frame or of a message too long is cut off (N-8)", arguments: [0, 1])
  func slowSender(_ kind: Int) async throws {
    let stage = try await Stage {
      $0.pingInterval = .milliseconds(20)
      $0.frameTimeout = .milliseconds(200)
      $0.silenceTimeout = .hours(1)
    }
    let client = try await stage.admitted()
    if kind == 0 {
      client.say([0, 0, 1, 0, 2, 42])
    } else {
      client.frame(kind: 0x82, [UInt8](repeating: 0, count: 65_536))
    }
    try await client.cutOff()
    try await stage.counted(\.timeouts)
    await stage.node.network.shutdown()
  }

  @Test("A peer that falls silent is given up (N-8)")
  func silentPeer() async throws {
    let stage = try await Stage {
      $0.pingInterval = .milliseconds(20)
      $0.silenceTimeout = .milliseconds(200)
    }
    let client = try await stage.admitted()
    try await client.cutOff()
    try await stage.counted(\.timeouts)
    try await eventually("the owner is told") { stage.node.told.withLock { $0.disconnected.count } == 1 }
    await stage.node.network.shutdown()
  }

  @Test("A flood of documents or of small messages is cut off (N-9)", arguments: [0, 1])
  func flood(_ kind: Int) async throws {
    let stage = try await Stage {
      $0.documentByteRate = 1000
      $0.documentByteBurst = 100_000
      $0.messageRate = 1
      $0.messageBurst = 50
    }
    let client = try await stage.admitted()
    if kind == 0 {
      for _ in 0..<3 { client.frame(kind: 3, [UInt8](repeating: 0, count: 40_000)) }
    } else {
      for _ in 0..<60 { client.frame(kind: 0, [1]) }
    }
    try await client.cutOff()
    try await stage.counted(\.floods)
    #expect(stage.node.messages(on: .documents).count == (kind == 0 ? 2 : 0))
    #expect(stage.node.messages(on: .consensus).count <= 50)
    await stage.node.network.shutdown()
  }
}
