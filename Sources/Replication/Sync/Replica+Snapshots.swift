import Contracts
import Ledger
import LedgerStore
import Sodium

/// C-41: a node that is far behind fetches a certified state instead of all blocks.
struct Syncing {
  var sync: SnapshotSync?
  /// The newest height whose state each peer gives.
  var offers: [Int: UInt64] = [:]
  /// What was asked of whom, and at which report it is asked again of another.
  var asked: [StateChunkRequest: Asked] = [:]
  var historyAsked: Asked?
  var reports: UInt64 = 0
  /// An unfinished one was looked for.
  var hasLooked = false
  /// Offers are looked at.
  var isWanted = false
  /// The report at which something came last.
  var lastProgress: UInt64 = 0

  struct Asked {
    let peer: Int
    let until: UInt64
  }

  static let patience: UInt64 = 3
  static let perPeer = 4
}

extension Replica {
  /// At every report: begins, asks again, and gives up on a height that nobody gives any more.
  func advanceSync() {
    syncing.reports += 1
    syncing.isWanted = syncing.sync != nil
    let highest = peerStatus.values.map(\.status.height).max() ?? 0
    if let sync = syncing.sync, sync.height <= chain.head.height { syncing.sync = nil }
    if syncing.sync == nil {
      guard snapshotGap > 0, highest > chain.head.height else { return }
      // Too far for blocks, or nobody has the next one any more.
      let next = chain.head.height + 1
      let isKept = peerStatus.values.contains { $0.status.oldest <= next && $0.status.height >= next }
      guard highest - chain.head.height > snapshotGap || !isKept else { return }
      if !syncing.hasLooked, let store = host.incomingStore() { resumeSync(store) }
      syncing.hasLooked = true
    }
    syncing.isWanted = true
    if syncing.reports.isMultiple(of: Syncing.patience) || syncing.sync == nil {
      host.broadcast(PeerMessage.fetchSnapshot.cbor, on: .control)
    }
    let now = syncing.reports
    syncing.asked = syncing.asked.filter { $0.value.until > now }
    if let asked = syncing.historyAsked, asked.until <= now { syncing.historyAsked = nil }
    askForParts()
  }

  /// What a state spares is not fetched as blocks meanwhile. Where nobody offers one for a while, blocks it is.
  var prefersSnapshot: Bool {
    if syncing.sync != nil { return syncing.reports <= syncing.lastProgress + 4 * Syncing.patience }
    guard snapshotGap > 0, syncing.reports < 3 * Syncing.patience else { return false }
    let highest = peerStatus.values.map(\.status.height).max() ?? 0
    return highest > chain.head.height && highest - chain.head.height > snapshotGap
  }

  private func resumeSync(_ store: any KeyValueStore) {
    do {
      syncing.sync = try SnapshotSync(resuming: store, genesis: chain.genesis)
      syncing.lastProgress = syncing.reports
    } catch {
      host.log(.warning, "an unfinished snapshot cannot be read and is begun anew", ["reason": "\(error)"])
    }
  }

  /// A peer offers a state.
  func receive(_ manifest: SnapshotManifest, from peer: Int) {
    guard snapshotGap > 0, manifest.height > chain.head.height, syncing.isWanted else { return }
    syncing.offers[peer] = manifest.height
    if let sync = syncing.sync {
      // A newer one is taken only when this one does not come any more.
      let isStale = syncing.reports > syncing.lastProgress + 4 * Syncing.patience
      guard isStale, manifest.height > sync.height else { return askForParts() }
    }
    do {
      _ = try manifest.verified(by: chain.genesis, checking: checking)
    } catch {
      return host.log(
        .warning, "a peer offers a snapshot that is not proved", ["peer": "\(peer)", "fault": "\(error)"])
    }
    guard let store = host.emptyIncomingStore() else { return }
    do {
      syncing.sync = try SnapshotSync(manifest, into: store, genesis: chain.genesis)
      syncing.asked = [:]
      syncing.historyAsked = nil
      syncing.lastProgress = syncing.reports
      host.log(.info, "fetching the state of another node", ["height": "\(manifest.height)"])
      askForParts()
    } catch {
      fail(.storage("\(error)"))
    }
  }

  private func askForParts() {
    guard let sync = syncing.sync else { return }
    let peers = syncing.offers.filter { $0.value == sync.height }.keys.sorted()
    guard !peers.isEmpty else { return }
    var load: [Int: Int] = [:]
    for asked in syncing.asked.values { load[asked.peer, default: 0] += 1 }
    let until = syncing.reports + Syncing.patience
    var turn = Int(truncatingIfNeeded: syncing.reports)
    for request in sync.download.requests(limit: Syncing.perPeer * peers.count) where syncing.asked[request] == nil {
      guard
        let peer = (0..<peers.count).lazy.map({ peers[($0 + turn) % peers.count] })
          .first(where: { load[$0, default: 0] < Syncing.perPeer })
      else { break }
      turn += 1
      load[peer, default: 0] += 1
      syncing.asked[request] = Syncing.Asked(peer: peer, until: until)
      host.send(PeerMessage.fetchChunk(request).cbor, on: .control, to: peer)
    }
    if let wanted = sync.wanted, syncing.historyAsked == nil {
      let peer = peers[turn % peers.count]
      syncing.historyAsked = Syncing.Asked(peer: peer, until: until)
      host.send(PeerMessage.fetchHistory(from: wanted.height).cbor, on: .control, to: peer)
    }
  }

  /// One part of the state.
  func receive(_ answer: StateChunkAnswer?, to request: StateChunkRequest, from peer: Int) {
    guard syncing.sync != nil, syncing.asked[request]?.peer == peer else { return }
    syncing.asked[request] = nil
    guard let answer else {
      syncing.offers[peer] = nil
      return askForParts()
    }
    progress(from: peer) { try $0.take(answer, to: request) }
  }

  /// Blocks below the state, newest first.
  func receive(history blocks: [FinalizedBlock], from peer: Int) {
    guard syncing.sync != nil, syncing.historyAsked?.peer == peer else { return }
    syncing.historyAsked = nil
    guard !blocks.isEmpty else {
      syncing.offers[peer] = nil
      return askForParts()
    }
    progress(from: peer) { sync in
      guard try sync.take(blocks) else { throw StateChunkFailure.digest }
    }
  }

  private func progress(from peer: Int, _ step: (inout SnapshotSync) throws -> Void) {
    guard var sync = syncing.sync else { return }
    do {
      try step(&sync)
      syncing.sync = sync
      syncing.lastProgress = syncing.reports
      guard sync.isComplete else { return askForParts() }
      try sync.complete()
      host.log(.info, "the state of another node is here and proved", ["height": "\(sync.height)"])
      fail(.restart("the state of height \(sync.height) is here"))
    } catch let failure as StateChunkFailure {
      if failure.isOffence {
        syncing.offers[peer] = nil
        host.log(.warning, "a peer sent a part of a snapshot that does not fit", ["peer": "\(peer)"])
      }
      askForParts()
    } catch {
      fail(.storage("\(error)"))
    }
  }

  // MARK: Serving

  func serveSnapshot(to peer: Int) {
    guard let kept = snapshots.newest else { return }
    host.send(PeerMessage.snapshot(kept.manifest).cbor, on: .bodies, to: peer)
  }

  func serveChunk(_ request: StateChunkRequest, to peer: Int) {
    guard let kept = snapshots[request.height] else {
      return host.send(PeerMessage.chunk(request, nil).cbor, on: .bodies, to: peer)
    }
    guard servingChunks[peer, default: 0] < 2 * Syncing.perPeer else { return }
    servingChunks[peer, default: 0] += 1
    host.run(.chunk(ChunkAnswer(kept: kept, request: request, peer: peer)))
  }

  func served(_ answer: StateChunkAnswer?, to request: StateChunkRequest, for peer: Int) {
    if let count = servingChunks[peer] { servingChunks[peer] = count > 1 ? count - 1 : nil }
    host.send(PeerMessage.chunk(request, answer).cbor, on: .bodies, to: peer)
  }

  func serveHistory(from height: UInt64, to peer: Int) {
    guard height > 0, height <= chain.head.height, serving.insert(peer).inserted else { return }
    host.run(.history(HistoryAnswer(store: chain.store, first: height, peer: peer)))
  }

  func served(history blocks: [FinalizedBlock], to peer: Int) {
    serving.remove(peer)
    host.send(PeerMessage.history(blocks).cbor, on: .bodies, to: peer)
  }
}

/// Blocks from a height downwards, each the parent of the one before it.
package struct HistoryAnswer: Sendable {
  let store: ChainStore
  let first: UInt64
  package let peer: Int

  package func run() -> Result<[FinalizedBlock], NodeFailure> {
    NodeFailure.catching {
      var blocks: [FinalizedBlock] = []
      var bytes = 0
      var height = first
      while height > 0, blocks.count < PeerMessage.maximumBlocks, bytes < BlockAnswer.answerBytes,
        let block = try store.finalizedBlock(at: height)
      {
        bytes += block.byteCount
        guard blocks.isEmpty || bytes <= PeerChannel.bodies.maximumBytes else { break }
        blocks.append(block)
        height -= 1
      }
      return blocks
    }
  }
}
