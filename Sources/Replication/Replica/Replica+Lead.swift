import Consensus
import Contracts
import Ledger
import LedgerStore
import Sodium

extension Replica {
  /// Makes a block on `parent`, sends its body to everyone at once (C-7) and answers when the body is in the log.
  func build(view: UInt64, parentView: UInt64, parent: Digest) {
    guard let header = self.parent(parent), let index = machine.configuration.me else {
      return feed(.buildFailed(view: view))
    }
    // C-31: nothing follows the last block of an epoch within it; it is proposed again until it is final.
    if header.endsEpoch { return feed(.built(view: view, payload: parent)) }
    let head = chain.head
    // Backpressure (fault 13): while execution is behind finality it is waited for. Where it is not, but the unfinalized
    // ancestors alone are more than L, only an empty block may follow.
    let isAhead = header.height + 1 - min(head.height, header.height) > parameters.executionLag
    if isAhead, head.height < queuedHeight {
      postponedBuild = (view, parentView, parent)
      return
    }
    let start = ContinuousClock.now
    guard let executed = attestable(header, head) else { return feed(.buildFailed(view: view)) }
    let time = max(header.time, clock.now)
    let ancestors = pairsSinceExecution(parent)
    let documents = pool.take(
      documents: isAhead ? 0 : parameters.blockDocuments, bytes: parameters.blockBytes, quota: parameters.issuerQuota,
      time: time
    ) { document in
      let pair = Pool.JTIPair(issuer: document.envelope.issuer, jti: document.envelope.jti)
      return document.keyAddedAt > executed.height || ancestors.contains(pair)
    }
    let genesis = chain.genesis
    let evidence = evidence(on: parent)
    let next: Digest
    do {
      next = try nextValidators(attesting: executed.height)
    } catch {
      return fail(.damaged("\(error)"))
    }
    let block = Block(
      header: Header(
        chain: genesis.chain, epoch: epoch.number, height: header.height + 1, parent: parent, time: time,
        proposer: index,
        documentsRoot: MerkleTree.root(ofHashes: documents.map(\.verified.signed.leaf)[...]),
        evidenceRoot: Block.evidenceRoot(evidence), executed: executed, validators: epoch.digest, nextValidators: next),
      documents: documents.map(\.verified.signed.bytes), evidence: evidence)
    let digest = block.digest
    var entry = BlockEntry(block: block)
    entry.admitted = documents
    entry.standing = .valid
    blocks[digest] = entry
    host.broadcast(PeerMessage.body(block).cbor, on: .bodies)
    stages.add(.build, since: start, items: documents.count)
    do throws(StorageFailure) {
      try logBody(digest, view: view)
    } catch {
      return fail(.storage(error.message))
    }
    feed(.built(view: view, payload: digest))
  }

  /// The newest height that the others have most likely executed too: one below the newest finalized while documents
  /// flow, so that execution is not on the path of the vote (fault 13); the newest itself when things are quiet.
  private func attestable(_ parent: BlockParent, _ head: ChainHead) -> Executed? {
    let newest = pool.isEmpty ? queuedHeight : queuedHeight - min(1, queuedHeight)
    let lag = parameters.executionLag
    let least = parent.height + 1 > lag ? parent.height + 1 - lag : 0
    let height = max(parent.attested, min(head.height, max(newest, least), parent.height))
    return chain.executed(at: height)
  }
}
