import Consensus
import Ledger
import Sodium

/// Blocks by height, for a node that is behind what its peers keep in memory.
struct CatchUp {
  /// Where the machine is to be taken when these are executed.
  var target: Certificate
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
    let candidates = peerHeights.filter { $0.value.height > queuedHeight }.keys.sorted()
    guard !candidates.isEmpty else { return }
    let peer = candidates[state.attempt % candidates.count]
    catchingUp?.attempt += 1
    catchingUp?.askedFrom = queuedHeight + 1
    transport.send(PeerMessage.fetchBlocks(from: queuedHeight + 1).cbor, on: .control, to: peer)
  }

  /// Bytes of blocks in one answer.
  private static let answerBytes = 4 << 20

  /// One answer at a time for each peer, read beside the loop: asking is cheap, answering is not.
  func serveBlocks(from height: UInt64, to peer: Int) {
    guard height > 0, height <= chain.head.height, serving.insert(peer).inserted else { return }
    let store = chain.store
    Task.detached {
      do {
        await self.served(try Replica.answer(store, from: height), to: peer)
      } catch {
        await self.fail(.damaged("\(error)"))
      }
    }
  }

  private func served(_ blocks: [FinalizedBlock], to peer: Int) {
    serving.remove(peer)
    if !blocks.isEmpty { transport.send(PeerMessage.blocks(blocks).cbor, on: .bodies, to: peer) }
  }

  /// Consecutive blocks that end with one that has a certificate of its own, or they prove nothing.
  private static func answer(_ store: ChainStore, from first: UInt64) throws -> [FinalizedBlock] {
    var blocks: [FinalizedBlock] = []
    var bytes = 0
    var height = first
    while blocks.count < PeerMessage.maximumBlocks, let block = try store.finalizedBlock(at: height) {
      bytes += block.block.documents.reduce(1024 * 8) { $0 + $1.count + 8 }
      guard blocks.isEmpty || bytes <= PeerChannel.bodies.maximumBytes else { break }
      blocks.append(block)
      height += 1
      if block.finality.certificate != nil, bytes > answerBytes || blocks.count >= PeerMessage.maximumBlocks / 2 {
        break
      }
    }
    while let last = blocks.last, last.finality.certificate == nil { blocks.removeLast() }
    return blocks
  }

  /// Blocks that follow each other from the newest here to one with a valid finalization are as final as that one.
  func receive(_ fetched: [FinalizedBlock], from peer: Int) {
    let fresh = fetched.drop { $0.block.header.height <= queuedHeight }
    guard catchingUp != nil, let last = fresh.last, let certificate = last.finality.certificate else { return }
    let validators = chain.genesis.validators
    var (height, parent, view) = (queuedHeight, queuedDigest, queuedView)
    for item in fresh {
      let digest = item.block.digest
      guard item.block.header.height == height + 1, item.block.header.parent == parent,
        item.finality.proposal.payload == digest, item.finality.proposal.parentView == view,
        item.block.header.proposer == validators.leader(of: item.finality.proposal.view),
        Block.documentsRoot(item.block.documents) == item.block.header.documentsRoot,
        item.finality.certificate.map({ $0.subject == .finalize(item.finality.proposal) }) ?? true
      else {
        logger.warning("a peer sent blocks that do not follow", metadata: ["peer": "\(peer)"])
        return
      }
      (height, parent, view) = (item.block.header.height, digest, item.finality.proposal.view)
    }
    guard fresh.allSatisfy({ $0.finality.certificate?.isValid(for: validators, chain: chain.genesis.chain) ?? true })
    else {
      logger.warning("a peer sent a finalization that does not verify", metadata: ["peer": "\(peer)"])
      return
    }
    for item in fresh { enqueue(item, nil) }
    catchingUp?.reached = certificate
  }

  /// When the fetched blocks are executed, and so durable, the machine goes on from there; and more are asked for.
  func advanceCatchUp(_ head: ChainHead) {
    guard let state = catchingUp, head.height == queuedHeight else { return }
    guard let reached = state.reached else {
      if head.view >= state.target.view { catchingUp = nil }
      return
    }
    catchingUp?.reached = nil
    feed(.finalizedElsewhere(reached))
    if let target = catchingUp?.target, reached.view < target.view { askForBlocks() } else { catchingUp = nil }
  }
}
