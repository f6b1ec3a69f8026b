import Consensus
import Ledger
import Sodium

/// Blocks by height, for a node that is behind what its peers keep in memory.
struct CatchUp {
  /// Where the machine is to be taken when these are executed; nil when peers are in a later epoch.
  var target: Certificate?
  /// The newest finalization that came with the fetched blocks.
  var reached: Certificate?
  var askedFrom: UInt64 = 0
  var attempt = 0
}

extension Replica {
  /// The chain is finalized up to `certificate`, beyond what can be had by single messages.
  func catchUp(to certificate: Certificate) {
    if catchingUp == nil { catchingUp = CatchUp(target: certificate) }
    catchingUp?.target = certificate
    askForBlocks()
  }

  /// Asked again at every status report while nothing has come.
  func askForBlocks() {
    // No more than execution can take: asked again as it goes on.
    guard let state = catchingUp, queuedHeight < chain.head.height + Replica.maximumQueued else { return }
    let candidates = peerStatus.filter { $0.value.status.height > queuedHeight }.keys.sorted()
    guard !candidates.isEmpty, !prefersSnapshot else { return }
    let peer = candidates[state.attempt % candidates.count]
    catchingUp?.attempt += 1
    catchingUp?.askedFrom = queuedHeight + 1
    host.send(PeerMessage.fetchBlocks(from: queuedHeight + 1).cbor, on: .control, to: peer)
  }

  /// One answer at a time for each peer, read beside the replica: asking is cheap, answering is not.
  func serveBlocks(from height: UInt64, to peer: Int) {
    guard height > 0, height <= chain.head.height, serving.insert(peer).inserted else { return }
    host.run(.answer(BlockAnswer(store: chain.store, first: height, peer: peer)))
  }

  func served(_ blocks: [FinalizedBlock], to peer: Int) {
    serving.remove(peer)
    if !blocks.isEmpty { host.send(PeerMessage.blocks(blocks).cbor, on: .bodies, to: peer) }
  }

  /// Blocks that follow each other from the newest here to one with a valid finalization are as final as that one.
  func receive(_ fetched: [FinalizedBlock], from peer: Int) {
    // What comes after the end of an epoch is for its next validators to have signed: asked for when they are known.
    guard catchingUp != nil, !queuedIsBoundary else { return }
    var fresh = Array(fetched.drop { $0.block.header.height <= queuedHeight })
    if let end = fresh.firstIndex(where: { $0.block.header.endsEpoch }) { fresh.removeSubrange((end + 1)...) }
    guard let last = fresh.last, let certificate = last.finality.certificate else { return }
    var (height, parent) = (queuedHeight, queuedDigest)
    for item in fresh {
      let digest = item.block.digest
      let header = item.block.header
      guard header.height == height + 1, header.parent == parent, header.epoch == epoch.number,
        item.finality.proposal.payload == digest, item.block.matchesHeader,
        header.endsEpoch || header.proposer == epoch.validators.leader(of: item.finality.proposal.view),
        item.finality.certificate.map({ $0.subject == .finalize(item.finality.proposal) }) ?? true
      else {
        host.log(.warning, "a peer sent blocks that do not follow", ["peer": "\(peer)"])
        return
      }
      (height, parent) = (header.height, digest)
    }
    let (validators, chain) = (epoch.validators, chain.genesis.chain)
    guard
      fresh.allSatisfy({ $0.finality.certificate?.isValid(for: validators, chain: chain, checking: checking) ?? true })
    else {
      host.log(.warning, "a peer sent a finalization that does not verify", ["peer": "\(peer)"])
      return
    }
    for item in fresh { enqueue(item, nil) }
    catchingUp?.reached = certificate
  }

  /// When the fetched blocks are executed, and so durable, the machine goes on from there; and more are asked for.
  func advanceCatchUp(_ head: ChainHead) {
    guard let state = catchingUp, head.height == queuedHeight else { return }
    guard let reached = state.reached else {
      if let target = state.target, head.view >= target.view { catchingUp = nil }
      return
    }
    catchingUp?.reached = nil
    feed(.finalizedElsewhere(reached))
    guard let target = catchingUp?.target else { return askForBlocks() }
    if reached.view < target.view { askForBlocks() } else { catchingUp = nil }
  }
}
