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
    guard let state = catchingUp else { return }
    let candidates = peerHeights.filter { $0.value.height > queuedHeight }.keys.sorted()
    guard !candidates.isEmpty else { return }
    let peer = candidates[state.attempt % candidates.count]
    catchingUp?.attempt += 1
    catchingUp?.askedFrom = queuedHeight + 1
    transport.send(PeerMessage.fetchBlocks(from: queuedHeight + 1).cbor, on: .control, to: peer)
  }

  /// Bytes of blocks in one answer.
  private static let answerBytes = 4 << 20

  func serveBlocks(from height: UInt64, to peer: Int) {
    let store = chain.store
    let newest = chain.head.height
    guard height > 0, height <= newest else { return }
    do {
      var blocks: [FinalizedBlock] = []
      var bytes = 0
      for height in height...newest {
        guard let block = try store.finalizedBlock(at: height) else { break }
        blocks.append(block)
        bytes += block.block.documents.reduce(1024) { $0 + $1.count }
        // The last one must carry a certificate of its own, or the others prove nothing.
        if block.finality.certificate != nil,
          bytes > Replica.answerBytes || blocks.count >= PeerMessage.maximumBlocks / 2
        {
          break
        }
        if blocks.count == PeerMessage.maximumBlocks || bytes > 2 * Replica.answerBytes { break }
      }
      while let last = blocks.last, last.finality.certificate == nil { blocks.removeLast() }
      guard !blocks.isEmpty else { return }
      transport.send(PeerMessage.blocks(blocks).cbor, on: .bodies, to: peer)
    } catch {
      fail(.damaged("\(error)"))
    }
  }

  /// Blocks that follow each other from the newest here to one with a valid finalization are as final as that one.
  func receive(_ fetched: [FinalizedBlock], from peer: Int) {
    let fresh = fetched.drop { $0.block.header.height <= queuedHeight }
    guard catchingUp != nil, let last = fresh.last, let certificate = last.finality.certificate else { return }
    let validators = chain.genesis.validators
    var (height, parent) = (queuedHeight, queuedDigest)
    for item in fresh {
      let digest = item.block.digest
      guard item.block.header.height == height + 1, item.block.header.parent == parent,
        item.finality.proposal.payload == digest,
        Block.documentsRoot(item.block.documents) == item.block.header.documentsRoot,
        item.finality.certificate.map({ $0.subject == .finalize(item.finality.proposal) }) ?? true
      else {
        logger.warning("a peer sent blocks that do not follow", metadata: ["peer": "\(peer)"])
        return
      }
      (height, parent) = (item.block.header.height, digest)
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
