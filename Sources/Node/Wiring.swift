import Contracts
import Ledger
import NIOCore
import Replication
import Sodium
import Synchronization

/// Joins the parts of a node that need each other: what comes from peers goes to whom it concerns.
final class Wiring: Sendable {
  private let node = Mutex<NodeRun?>(nil)

  func connect(_ node: NodeRun) { self.node.withLock { $0 = node } }
  var current: NodeRun? { node.withLock { $0 } }
  func stop(_ failure: NodeFailure) { current?.stop(failure) }

  func events(roster: Roster) -> PeerEvents {
    PeerEvents(
      onConnect: { record, _ in
        self.onReplica(roster, record) { replica, peer in replica.connected(to: peer) }
        self.current?.deliverDisclosures()
        if record.isValidator { self.current?.sendWaiting(to: record.key) }
      },
      onDisconnect: { record in
        self.onReplica(roster, record) { replica, peer in replica.disconnected(from: peer) }
      },
      onMessage: { message in
        switch message.channel {
        case .consensus:
          self.onReplica(roster, message.peer) { replica, peer in
            if !replica.receiveConsensus(message.bytes, from: peer) {
              self.current?.logger.warning("a consensus message is not authentic", metadata: ["peer": "\(peer)"])
            }
          }
        case .control, .bodies, .documents: self.take(message, roster)
        }
      })
  }

  private func onReplica(
    _ roster: Roster, _ record: PeerRecord, _ body: @escaping @Sendable (Replica, Int) -> Void
  ) {
    guard let replica = current?.replica, let peer = roster.number(of: record.key) else { return }
    replica.perform { body($0, peer) }
  }

  private func take(_ message: InboundMessage, _ roster: Roster) {
    guard let node = current else { return }
    // Decoding and signatures stay off the event loop; the message is held until they are done, which is what holds a
    // flooding peer back (N-10).
    Task {
      guard let decoded = try? PeerMessage(cbor: message.bytes) else {
        node.logger.warning("a peer message cannot be read", metadata: ["peer": "\(message.peer.organisation)"])
        return
      }
      switch decoded {
      case .documents(let documents): node.takeGossip(documents)
      case .disclose(let id, let texts): node.takeDisclosures(texts, of: id, from: message.peer)
      case .disclosed(let id): node.confirmDisclosures(of: id, by: message.peer)
      default:
        self.onReplica(roster, message.peer) { replica, peer in
          withExtendedLifetime(message) { replica.receive(decoded, from: peer) }
        }
      }
    }
  }
}

/// Spreads new documents to the validators: what comes in while the loop is busy goes out in one message.
final class Gossip: Sendable {
  private let loop: any EventLoop
  private let wiring: Wiring
  private let waiting = Mutex<[[UInt8]]>([])

  init(loop: any EventLoop, wiring: Wiring) {
    self.loop = loop
    self.wiring = wiring
  }

  func spread(_ documents: [AdmittedDocument]) {
    let isFirst = waiting.withLock { waiting in
      defer { waiting += documents.map(\.verified.signed.bytes) }
      return waiting.isEmpty
    }
    if isFirst { loop.execute { self.flush() } }
    wiring.current?.workArrived()
  }

  private func flush() {
    let documents = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    var batch: [[UInt8]] = []
    var bytes = 0
    for document in documents {
      if bytes + document.count > 1 << 20 || batch.count == PeerMessage.maximumDocuments {
        send(batch)
        batch = []
        bytes = 0
      }
      batch.append(document)
      bytes += document.count
    }
    if !batch.isEmpty { send(batch) }
  }

  private func send(_ documents: [[UInt8]]) {
    wiring.current?.network.broadcast(PeerMessage.documents(documents).cbor, on: .documents, to: .validators)
  }
}
