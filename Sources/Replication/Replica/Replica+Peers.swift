import Consensus
import Ledger
import Sodium

extension Replica {
  /// A frame of the consensus channel; false when it is not authentic.
  package func receiveConsensus(_ bytes: [UInt8], from peer: Int) -> Bool {
    guard !hasStopped else { return true }
    guard let message = try? Message(cbor: bytes) else { return false }
    if let other = message.epoch, other != epoch.number {
      hear(ofEpoch: other, from: peer)
      return true
    }
    let place = place(of: peer)
    guard machine.wants(message) else {
      if case .vote(let vote) = message { feed(.unwanted(view: vote.subject.view, from: place)) }
      return true
    }
    guard message.isAuthentic(for: epoch.validators, chain: chain.genesis.chain, checking: checking) else {
      return false
    }
    feed(.message(message, from: place))
    return true
  }

  /// A message of another channel that concerns blocks.
  package func receive(_ message: PeerMessage, from peer: Int) {
    guard !hasStopped else { return }
    switch message {
    case .body(let block): receive(block, from: peer)
    case .fetchBody(let digest): serveBody(digest, to: peer)
    case .fetchBlocks(let height): serveBlocks(from: height, to: peer)
    case .blocks(let blocks): receive(blocks, from: peer)
    case .status(let status): peerStatus[peer] = (status, status.wall &- clock.wall)
    case .evidence(let evidence): receive(evidence)
    case .fetchSnapshot: serveSnapshot(to: peer)
    case .snapshot(let manifest): receive(manifest, from: peer)
    case .fetchChunk(let request): serveChunk(request, to: peer)
    case .chunk(let request, let answer): receive(answer, to: request, from: peer)
    case .fetchHistory(let height): serveHistory(from: height, to: peer)
    case .history(let blocks): receive(history: blocks, from: peer)
    case .documents, .disclose, .disclosed: break
    }
  }

  package func connected(to peer: Int) {
    guard !hasStopped else { return }
    sendStatus(to: peer)
    sendEvidence(to: peer)
    feed(.peerConnected(place(of: peer)))
  }

  package func disconnected(from peer: Int) {
    peerStatus[peer] = nil
    syncing.offers[peer] = nil
    feed(.peerDisconnected(place(of: peer)))
    for digest in unasked.removeValue(forKey: peer) ?? [] { forgetUnasked(digest) }
  }

  /// A document came into the pool (C-14).
  package func workArrived() { updateIdle() }

  // MARK: Validators among the peers

  /// The machine's number of a peer: its index among the validators, or one beyond them.
  private func place(of peer: Int) -> Int { indexOfPeer[peer] ?? ValidatorSet.maximumCount + peer }

  func send(_ message: [UInt8], on channel: PeerChannel, to place: Int) {
    if place >= ValidatorSet.maximumCount {
      host.send(message, on: channel, to: place - ValidatorSet.maximumCount)
    } else if let peer = peer(at: place) {
      host.send(message, on: channel, to: peer)
    }
  }

  /// The peer that is the validator with this index.
  func peer(at index: Int) -> Int? {
    guard epoch.validators.validators.indices.contains(index) else { return nil }
    return host.peer(with: epoch.validators.validators[index].transportKey)
  }

  func findValidators() {
    indexOfPeer = [:]
    for index in epoch.validators.validators.indices where index != epoch.me {
      if let peer = peer(at: index) { indexOfPeer[peer] = index }
    }
  }

  // MARK: Status

  private var status: PeerStatus {
    let head = chain.head
    return PeerStatus(
      epoch: epoch.number, view: machine.currentView, height: head.height,
      oldest: oldestHeight, stateRoot: head.stateRoot, wall: clock.wall)
  }

  /// A status that cannot be read is no reason to say less.
  private var oldestHeight: UInt64 { (try? chain.store.oldestHeight()) ?? 0 }

  private func sendStatus(to peer: Int) {
    host.send(PeerMessage.status(status).cbor, on: .control, to: peer)
  }

  static let statusInterval: Int64 = 1_000

  func reportStatus() {
    reportStatusNow()
    advanceSync()
    if catchingUp != nil, chain.head.height == queuedHeight { askForBlocks() }
    host.wake(.status, in: Replica.statusInterval)
  }

  func reportStatusNow() { host.broadcast(PeerMessage.status(status).cbor, on: .control) }
}
