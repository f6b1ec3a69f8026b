import NIOCore
import Node
import Replication
import Sodium
import Testing

@Suite("Nodes connect, talk and connect again")
struct PeerNetworkTests {
  @Test("Messages of every channel go both ways, whole and in order")
  func bothWays() async throws {
    let pair = try await Pair()
    let sizes = [0, 1, 200, 65_535, 65_536, 65_537, 131_072, 200_000]
    for channel in PeerChannel.allCases {
      for size in sizes {
        let message = [UInt8](repeating: UInt8(size % 251), count: size)
        #expect(pair.first.network.send(message, on: channel, to: pair.second.key))
        #expect(pair.second.network.send(message, on: channel, to: pair.first.key))
      }
    }
    for (node, peer) in [(pair.first, pair.second), (pair.second, pair.first)] {
      for channel in PeerChannel.allCases {
        try await eventually("\(channel) has arrived") { node.messages(on: channel).count == sizes.count }
        #expect(
          node.messages(on: channel, from: peer.key) == sizes.map { [UInt8](repeating: UInt8($0 % 251), count: $0) })
      }
    }
    #expect(pair.first.told.withLock { $0.connected.map(\.1) } == [[2]])
    #expect(pair.second.told.withLock { $0.connected.map(\.1) } == [[1]])
    try await eventually("a ping has come back") { pair.first.network.peers.allSatisfy { $0.roundTrip != nil } }
    await pair.stop()
    #expect(pair.first.told.withLock { $0.disconnected.map(\.key) } == [pair.second.key])
  }

  @Test("Three nodes that all dial each other end with one connection a pair (N-2)")
  func oneConnectionPerPair() async throws {
    let ids = try identities(3)
    // The ports are known only once the nodes listen, so each learns its peers afterwards.
    let nodes = try ids.map { try TestNode($0, knowing: []) { $0.dialCourtesy = .zero } }
    var ports: [Int] = []
    for node in nodes { ports.append(try await node.network.start()) }
    let records = (0..<3).map { index in
      record(ids[index], at: ports[index], role: index == 2 ? .observer : .validator(index: index))
    }
    for node in nodes { node.network.replaceDirectory(PeerDirectory(records)) }
    try await eventually("all are connected") {
      nodes.allSatisfy { node in node.connectedKeys == ids.map(\.key).filter { $0 != node.key } }
    }
    // A connection that lost to its twin is closed by both sides; what is left carries messages both ways.
    for node in nodes {
      for (peer, other) in zip(ids, nodes) where peer.key != node.key {
        try await eventually("the message gets through") {
          node.network.send([1], on: .control, to: peer.key)
          return !other.messages(on: .control, from: node.key).isEmpty
        }
      }
    }
    #expect(nodes[0].network.broadcast([2], on: .consensus, to: .validators) == 1)
    #expect(nodes[0].network.broadcast([3], on: .documents, to: .all) == 2)
    try await eventually("the observer has the document") { nodes[2].messages(on: .documents) == [[3]] }
    try await eventually("the validator has the vote") { nodes[1].messages(on: .consensus) == [[2]] }
    #expect(nodes[2].messages(on: .consensus).isEmpty)
    for node in nodes {
      let told = node.told.withLock { ($0.connected.count, $0.disconnected.count) }
      #expect(told.0 - told.1 == 2)
    }
    for node in nodes { await node.network.shutdown() }
  }

  @Test("A node that is started again on its port is found again")
  func reconnects() async throws {
    let pair = try await Pair()
    await pair.first.network.shutdown()
    try await eventually("the other has noticed") { pair.second.connectedKeys.isEmpty }
    #expect(!pair.second.network.send([1], on: .control, to: pair.first.key))
    let again = try TestNode(pair.first.identity, knowing: [record(pair.second.identity)], port: pair.port)
    #expect(try await again.network.start() == pair.port)
    try await eventually("the two are connected again") {
      again.connectedKeys == [pair.second.key] && pair.second.connectedKeys == [again.key]
    }
    #expect(pair.second.network.send([9], on: .control, to: again.key))
    try await eventually("the message has arrived") { again.messages(on: .control) == [[9]] }
    await again.network.shutdown()
    await pair.stop()
  }

  @Test("A port in use is said to be in use")
  func portInUse() async throws {
    let ids = try identities(2)
    let first = try TestNode(ids[0], knowing: [])
    let port = try await first.network.start()
    let second = try TestNode(ids[1], knowing: [], port: port)
    await #expect(throws: NodeFailure.portInUse("127.0.0.1:\(port)")) { try await second.network.start() }
    await first.network.shutdown()
  }

  @Test("A peer that the records no longer name is cut off, and comes back when they do")
  func directoryReplaced() async throws {
    let pair = try await Pair { $0.firstRedial = .milliseconds(10) }
    pair.first.network.replaceDirectory(PeerDirectory([]))
    try await eventually("the peer is gone") { pair.second.told.withLock { !$0.disconnected.isEmpty } }
    try await eventually("its return is refused") { pair.first.network.counters.refusedUnknownKey > 0 }
    try await eventually("it is not connected") { pair.first.connectedKeys.isEmpty }
    pair.first.network.replaceDirectory(PeerDirectory([record(pair.second.identity)]))
    try await eventually("the peer is back") { pair.first.connectedKeys == [pair.second.key] }
    await pair.stop()
  }

  @Test("Of two connections that one side dialled, the newer stays (N-2)")
  func newerConnectionStays() async throws {
    let ids = try identities(2)
    let node = try TestNode(ids[0], knowing: [record(ids[1])])
    let port = try await node.network.start()
    let old = try await HostileClient(port: port, as: ids[1])
    old.hello()
    try await eventually("the first is in") { node.network.counters.accepted == 1 }
    let new = try await HostileClient(port: port, as: ids[1])
    new.hello()
    try await old.cutOff()
    #expect(node.connectedKeys == [ids[1].key])
    new.frame(kind: 1, [5])
    try await eventually("the second is heard") { node.messages(on: .control) == [[5]] }
    try await new.leave()
    await node.network.shutdown()
  }

  @Test("A second process with a peer's key does not push out the one that lives (N-2, C-23)")
  func livingProcessStays() async throws {
    let ids = try identities(2)
    let node = try TestNode(ids[0], knowing: [record(ids[1])])
    let port = try await node.network.start()
    let first = try await HostileClient(port: port, as: ids[1])
    first.hello(instance: 1 << 63)
    try await eventually("the first is in") { node.network.counters.accepted == 1 }
    let second = try await HostileClient(port: port, as: ids[1])
    second.hello(instance: 1 << 63 + 1)
    try await second.cutOff()
    first.frame(kind: 1, [5])
    try await eventually("the first is heard") { node.messages(on: .control) == [[5]] }
    #expect(node.network.counters.accepted == 1)
    try await first.leave()
    await node.network.shutdown()
  }

  @Test("Of a dialled and an accepted connection the one that the smaller key dialled stays (N-2)", arguments: [0, 2])
  func smallerKeyDials(_ index: Int) async throws {
    let ids = try identities(3)
    let peer = try TestNode(ids[index], knowing: [record(ids[1])])
    let node = try TestNode(ids[1], knowing: [record(ids[index], at: try await peer.network.start())])
    let port = try await node.network.start()
    try await eventually("the node has dialled its peer") { !peer.connectedKeys.isEmpty && !node.connectedKeys.isEmpty }
    let twin = try await HostileClient(port: port, as: ids[index])
    twin.hello(instance: peer.network.instance | 1 << 63)
    if index == 2 {
      try await twin.cutOff()
      #expect(node.network.counters.accepted == 1)
      #expect(peer.connectedKeys == [node.key])
    } else {
      try await eventually("the peer's own connection has replaced the other") { peer.connectedKeys.isEmpty }
      #expect(node.network.counters.accepted == 2)
      #expect(node.connectedKeys == [peer.key])
      try await twin.leave()
    }
    await node.network.shutdown()
    await peer.network.shutdown()
  }
}
