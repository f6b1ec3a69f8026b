import Ledger
import NIOCore
import NIOPosix
import NIOSSL
import Node
import Sodium
import Synchronization

/// A client that says whatever a test tells it to: over bare TCP, or inside a proper TLS connection.
final class HostileClient: Sendable {
  private final class Ear: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    let heard = Mutex<[UInt8]>([])

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = unwrapInboundIn(data)
      heard.withLock { $0 += Array(bytes.readableBytesView) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  let channel: any Channel
  private let ear = Ear()

  /// `tls` nil speaks bare TCP.
  init(port: Int, tls: TLSConfiguration?) async throws {
    let context = try tls.map { try NIOSSLContext(configuration: $0) }
    let ear = ear
    channel = try await ClientBootstrap(group: TestNode.group)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            let handler = try NIOSSLClientHandler(context: context, serverHostname: nil) { _, verdict in
              verdict.succeed(.certificateVerified)
            }
            try channel.pipeline.syncOperations.addHandler(handler)
          }
          try channel.pipeline.syncOperations.addHandler(ear)
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
  }

  convenience init(port: Int, as identity: NodeIdentity) async throws {
    try await self.init(port: port, tls: identity.configuration(asServer: false))
  }

  var heard: [UInt8] { ear.heard.withLock { $0 } }

  /// What is said after the other side has hung up is lost, which is no fault of the test.
  func say(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

  /// A frame as the protocol writes it, from numbers, not from the code under test.
  func frame(kind: UInt8, _ payload: [UInt8]) {
    let length = UInt32(payload.count + 1)
    say(
      [UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), kind] + payload)
  }

  func hello(version: UInt8 = 1, chain: Digest = TestNode.chain, instance: UInt64 = .max) {
    let number = (0..<8).map { UInt8(truncatingIfNeeded: instance >> UInt64(56 - 8 * $0)) }
    frame(kind: 0x10, [0x84, version, 0x58, 0x20] + chain.bytes + [0x40, 0x1b] + number)
  }

  /// Until the other side hangs up.
  func cutOff() async throws { try await channel.closeFuture.get() }

  func leave() async throws {
    channel.close(promise: nil)
    try await channel.closeFuture.get()
  }
}
