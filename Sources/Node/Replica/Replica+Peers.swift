import Consensus
import Ledger
import NIOCore
import Sodium

extension Replica {
  /// A frame of the consensus channel.
  func receiveConsensus(_ bytes: [UInt8], from peer: Int) -> Bool {
    guard let message = try? Message(cbor: bytes) else { return false }
    guard machine.wants(message) else {
      if case .vote(let vote) = message { feed(.unwanted(view: vote.subject.view, from: peer)) }
      return true
    }
    guard message.isAuthentic(for: chain.genesis.validators, chain: chain.genesis.chain) else { return false }
    feed(.message(message, from: peer))
    return true
  }

  /// A frame of another channel that concerns blocks.
  func receive(_ message: PeerMessage, from peer: Int) {
    switch message {
    case .body(let block): receive(block, from: peer)
    case .fetchBody(let digest): serveBody(digest, to: peer)
    case .fetchBlocks(let height): serveBlocks(from: height, to: peer)
    case .blocks(let blocks): receive(blocks, from: peer)
    case .status(let status): peerHeights[peer] = status
    case .documents, .disclose, .disclosed: break
    }
  }

  func connected(to peer: Int) {
    sendStatus(to: peer)
    feed(.peerConnected(peer))
  }

  func disconnected(from peer: Int) {
    peerHeights[peer] = nil
    for digest in unasked.removeValue(forKey: peer) ?? [] { forgetUnasked(digest) }
  }

  /// A document came into the pool (C-14).
  func workArrived() { updateIdle() }

  private var status: PeerStatus {
    let head = chain.head
    return PeerStatus(height: head.height, view: machine.currentView, stateRoot: head.stateRoot)
  }

  private func sendStatus(to peer: Int) {
    transport.send(PeerMessage.status(status).cbor, on: .control, to: peer)
  }

  static let statusInterval: Int64 = 1_000

  func reportStatus() {
    guard !hasStopped else { return }
    transport.broadcast(PeerMessage.status(status).cbor, on: .control)
    if catchingUp != nil, chain.head.height == queuedHeight { askForBlocks() }
    loop.scheduleTask(in: .milliseconds(Replica.statusInterval)) { self.assumeIsolated { $0.reportStatus() } }
  }
}
