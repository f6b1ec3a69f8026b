import Foundation
import Ledger
import NIOCore
import NIOPosix
import Synchronization

/// What a link carries from one node to another, and how.
package struct LinkState: Equatable, Sendable {
  /// No connection lives, none can be made; in both directions.
  package var isCut = false
  /// What is said in this direction is swallowed; the connections live.
  package var isMute = false
  package var delayMilliseconds = 0
  package var bytesPerSecond: Int?

  package init() {}

  var isPlain: Bool { self == LinkState() }
}

/// TCP proxies between nodes on this machine, one for each pair of who dials and who is dialled: faults of links without
/// root rights. Each node's configuration names the proxies instead of its peers.
package final class LinkProxies: Sendable {
  private struct State {
    var links: [[LinkState]]
    /// What the faults have done, by link: connections ended or refused, bytes swallowed or held back.
    var effects: [[Int]]
    var connections: [ObjectIdentifier: ProxiedConnection] = [:]
    var listeners: [any Channel] = []
  }

  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let state: Mutex<State>

  package init(nodes: Int) {
    state = Mutex(
      State(
        links: Array(repeating: Array(repeating: LinkState(), count: nodes), count: nodes),
        effects: Array(repeating: Array(repeating: 0, count: nodes), count: nodes)))
  }

  /// Starts a proxy for each pair of `homes`, and writes its address into the dialling node's configuration.
  package func install(in homes: [String]) async throws {
    let files = homes.map { ConfigurationFile(home: $0) }
    let ports = try files.map { try $0.peerPort() }
    for (dialler, file) in files.enumerated() {
      var proxies: [Int: Int] = [:]
      for (target, port) in ports.enumerated() where target != dialler {
        let listener = try await ServerBootstrap(group: group)
          .serverChannelOption(.backlog, value: 64)
          .childChannelInitializer { self.accept($0, from: dialler, to: target, port: port) }
          .bind(host: "127.0.0.1", port: 0).get()
        state.withLock { $0.listeners.append(listener) }
        proxies[port] = listener.localAddress?.port
      }
      try file.replacePeerPorts(proxies)
    }
  }

  package func shutdown() async {
    let (listeners, connections) = state.withLock { ($0.listeners, Array($0.connections.values)) }
    // Closing fails only where it has already happened.
    for listener in listeners { try? await listener.close().get() }
    for connection in connections { connection.close() }
    try? await group.shutdownGracefully()
  }

  /// Sets all links at once: `links[from][to]`.
  package func set(_ links: [[LinkState]]) {
    let connections = state.withLock { state in
      state.links = links
      return Array(state.connections.values)
    }
    for connection in connections { connection.linksChanged() }
  }

  /// How often the links of `node` have felt a fault.
  package func effects(on node: Int) -> Int {
    state.withLock { state in
      state.effects[node].reduce(0, +) + state.effects.reduce(0) { $0 + $1[node] }
    }
  }

  // MARK: Connections

  func link(_ from: Int, _ to: Int) -> LinkState { state.withLock { $0.links[from][to] } }
  func note(_ from: Int, _ to: Int) { state.withLock { $0.effects[from][to] += 1 } }
  func isCut(_ a: Int, _ b: Int) -> Bool { state.withLock { $0.links[a][b].isCut || $0.links[b][a].isCut } }

  private func accept(
    _ inbound: any Channel, from dialler: Int, to target: Int, port: Int
  ) -> EventLoopFuture<Void> {
    guard !isCut(dialler, target) else {
      note(dialler, target)
      return inbound.eventLoop.makeFailedFuture(ChannelError.alreadyClosed)
    }
    // Nothing is read from either side before both know each other.
    return inbound.setOption(.autoRead, value: false)
      .flatMap {
        ClientBootstrap(group: inbound.eventLoop).channelOption(.autoRead, value: false)
          .connect(host: "127.0.0.1", port: port)
      }
      .flatMap { outbound in
        let connection = ProxiedConnection(self, inbound, outbound, dialler: dialler, target: target)
        self.state.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
        outbound.closeFuture.whenComplete { _ in
          connection.close()
          self.state.withLock { $0.connections[ObjectIdentifier(connection)] = nil }
        }
        inbound.closeFuture.whenComplete { _ in connection.close() }
        return connection.start()
      }
  }
}

/// A node's `config.json`, edited from outside.
struct ConfigurationFile {
  let path: String

  init(home: String) { path = home + "/config.json" }

  private func read() throws -> JSON {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ClientError.file(path, "there is no such file")
    }
    return try JSON.parse(Array(data))
  }

  private func edit(_ change: ([JSON.Member]) -> [JSON.Member]) throws {
    guard case .object(let members) = try read() else { throw ClientError.file(path, "it is no object") }
    try JSON.object(change(members)).indented.write(toFile: path, atomically: true, encoding: .utf8)
  }

  func peerPort() throws -> Int {
    guard let address = try read()["peerAddress"]?.string, let port = Int(address.split(separator: ":").last ?? "")
    else { throw ClientError.file(path, "it names no peerAddress") }
    return port
  }

  func replacePeerPorts(_ ports: [Int: Int]) throws {
    try edit { members in
      members.map { member in
        guard member.isNamed("peers"), let peers = member.value.array else { return member }
        return JSON.Member("peers", .array(peers.map { ConfigurationFile.moved($0, ports) }))
      }
    }
  }

  private static func moved(_ peer: JSON, _ ports: [Int: Int]) -> JSON {
    guard case .object(let members) = peer else { return peer }
    return .object(
      members.map { member in
        guard member.isNamed("address"), let port = Int(member.value.string?.split(separator: ":").last ?? ""),
          let proxy = ports[port]
        else { return member }
        return JSON.Member("address", .string("127.0.0.1:\(proxy)"))
      })
  }

  /// 0 takes the member away.
  func setClockOffset(milliseconds: Int) throws {
    try edit { members in
      members.filter { !$0.isNamed("clockOffsetMilliseconds") }
        + (milliseconds == 0 ? [] : [.init("clockOffsetMilliseconds", .integer(Int64(milliseconds)))])
    }
  }
}
