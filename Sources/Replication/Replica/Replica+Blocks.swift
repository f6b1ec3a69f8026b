import Consensus
import Contracts
import Ledger
import LedgerStore
import Sodium

/// A block that is not executed yet.
struct BlockEntry {
  let block: Block
  /// Its documents, once each was checked.
  var admitted: [AdmittedDocument]?
  var standing = Standing.received
  /// Its body is in the consensus log.
  var isLogged = false

  enum Standing: Equatable {
    case received
    case checking
    /// Valid by C-16, and in the log.
    case valid
    case invalid
  }

  init(block: Block) { self.block = block }

  /// Only blocks on which others are built are asked, so the documents are known to be well-formed.
  var pairs: [Pool.JTIPair] {
    let envelopes = admitted?.map(\.envelope) ?? block.documents.compactMap { try? SignedDocument($0).envelope }
    return envelopes.map { Pool.JTIPair(issuer: $0.issuer, jti: $0.jti) }
  }
}

/// A question of the machine about a block.
struct Verification: Sendable {
  let proposal: Proposal
  let parent: Digest
  let purpose: Purpose
}

extension Replica {
  /// Blocks held at once; far more than views that can be open.
  private static let maximumBlocks = 256
  private static let maximumUnasked = 3

  // MARK: Bodies

  /// A body came from a peer, asked for or not.
  func receive(_ block: Block, from peer: Int) {
    let digest = block.digest
    guard blocks[digest] == nil, block.header.height > chain.head.height,
      block.documents.reduce(0, { $0 + $1.count }) <= parameters.blockBytes,
      // A header's digest says nothing of what stands behind it: other documents under it are not this block.
      block.matchesHeader
    else { return }
    if !isAwaited(digest) {
      guard blocks.count < Replica.maximumBlocks else { return }
      unasked[peer, default: []].append(digest)
      if unasked[peer]!.count > Replica.maximumUnasked {
        let oldest = unasked[peer]!.removeFirst()
        forgetUnasked(oldest)
      }
    }
    blocks[digest] = BlockEntry(block: block)
    retry(digest)
  }

  /// Lets go of a body that nobody has asked about.
  func forgetUnasked(_ digest: Digest) {
    if blocks[digest]?.standing == .received, !isAwaited(digest) { blocks[digest] = nil }
  }

  private func isAwaited(_ digest: Digest) -> Bool { awaited.keys.contains { $0.payload == digest } }

  /// From the validator with this index.
  func fetchBody(_ digest: Digest, from place: Int) {
    guard blocks[digest] == nil, !executedRecently.contains(where: { $0.digest == digest }) else { return }
    send(PeerMessage.fetchBody(digest).cbor, on: .control, to: place)
  }

  func serveBody(_ digest: Digest, to peer: Int) {
    if let entry = blocks[digest] {
      host.send(PeerMessage.body(entry.block).cbor, on: .bodies, to: peer)
    } else if let height = executedRecently.last(where: { $0.digest == digest })?.height {
      do {
        guard let block = try chain.store.finalizedBlock(at: height) else { return }
        host.send(PeerMessage.body(block.block).cbor, on: .bodies, to: peer)
      } catch {
        fail(.damaged("\(error)"))
      }
    }
  }

  // MARK: Verdicts (C-16)

  func verify(_ verification: Verification) {
    let proposal = verification.proposal
    guard let entry = blocks[proposal.payload] else {
      // An executed block is valid in the place where it was finalized, and in no other: proposed again, it would make the
      // chain build on its past.
      if let done = executedRecently.last(where: { $0.digest == proposal.payload }) {
        return answer(verification, done.proposal == proposal ? .valid : .invalid)
      }
      awaited[proposal] = verification
      return
    }
    if entry.standing == .invalid { return answer(verification, .invalid) }
    let header = entry.block.header
    guard let parent = parent(verification.parent) else {
      awaited[proposal] = verification
      return answer(verification, .notYet)
    }
    // C-31: the end of an epoch has no child in it, and is itself proposed again until it is final.
    if proposal.payload == parent.digest {
      guard parent.endsEpoch else { return answer(verification, .invalid) }
      return answer(verification, entry.standing == .valid ? .valid : .notYet)
    }
    // Of this proposal alone: another leader may propose the same bytes where they belong.
    guard entry.block.fits(proposal, on: parent, in: epoch, of: chain.genesis) else {
      host.log(.warning, "an invalid block was proposed", ["view": "\(proposal.view)"])
      return answer(verification, .invalid)
    }
    // Own progress and the own clock may delay, never decide.
    guard let mine = chain.executed(at: header.executed.height) else {
      awaited[proposal] = verification
      return answer(verification, .notYet)
    }
    guard mine == header.executed else {
      host.log(.error, "a block attests another state", ["height": "\(header.executed.height)"])
      blocks[proposal.payload]?.standing = .invalid
      return answer(verification, .invalid)
    }
    do {
      guard header.nextValidators == (try nextValidators(attesting: header.executed.height)) else {
        host.log(.warning, "a block names other validators", ["height": "\(header.height)"])
        return answer(verification, .invalid)
      }
    } catch {
      return fail(.damaged("\(error)"))
    }
    if verification.purpose == .vote, header.time > clock.now + parameters.clockDriftMilliseconds {
      awaited[proposal] = verification
      let wait = clock.wallMilliseconds(for: header.time - clock.now - parameters.clockDriftMilliseconds)
      host.wake(.retry(proposal.payload), in: max(1, wait))
      return answer(verification, .notYet)
    }
    switch entry.standing {
    case .valid:
      awaited[proposal] = nil
      answer(verification, .valid)
    case .checking:
      awaited[proposal] = verification
    case .received:
      awaited[proposal] = verification
      check(entry.block, on: verification.parent)
    case .invalid: break
    }
  }

  private func answer(_ verification: Verification, _ verdict: Verdict) {
    if verdict == .invalid { awaited[verification.proposal] = nil }
    feed(.verdict(verification.proposal, verdict))
  }

  func retry(_ digest: Digest) {
    for verification in waiting where verification.proposal.payload == digest { verify(verification) }
  }

  /// What is asked, oldest view first: the order in which it is answered reaches the machine.
  private var waiting: [Verification] {
    awaited.values.sorted {
      ($0.proposal.view, $0.proposal.parentView, $0.proposal.payload)
        < ($1.proposal.view, $1.proposal.parentView, $1.proposal.payload)
    }
  }

  /// After progress of execution: what waited for it is looked at again.
  func retryAwaited() {
    for verification in waiting { verify(verification) }
    if let (view, parentView, parent) = postponedBuild {
      postponedBuild = nil
      build(view: view, parentView: parentView, parent: parent)
    }
  }

  /// What others may build on: a block that is not executed yet, or the executed head.
  func parent(_ digest: Digest) -> BlockParent? {
    if let header = blocks[digest]?.block.header {
      return BlockParent(
        digest: digest, height: header.height, time: header.time, attested: header.executed.height,
        endsEpoch: header.endsEpoch)
    }
    let head = chain.head
    guard head.block == digest else { return nil }
    // The boundary block of the epoch before, when it is executed, is the first parent of this one.
    return BlockParent(
      digest: digest, height: head.height, time: head.time, attested: head.attested, endsEpoch: false)
  }

  /// Documents are checked off the loop, in parallel, and never twice for the same bytes.
  private func check(_ block: Block, on parent: Digest) {
    let digest = block.digest
    blocks[digest]?.standing = .checking
    host.run(.check(blockCheck(block, pairs: pairsSinceExecution(parent))))
  }

  func blockCheck(_ block: Block, pairs: Set<Pool.JTIPair>) -> BlockCheck {
    BlockCheck(
      block: block, chain: chain, door: door, pool: pool, parameters: parameters, pairsSinceExecution: pairs,
      checking: checking, stages: stages)
  }

  func checked(_ digest: Digest, _ result: BlockCheck.Result) {
    guard !hasStopped, blocks[digest] != nil else { return }
    switch result {
    case .valid(let documents):
      blocks[digest]?.admitted = documents
      do throws(StorageFailure) {
        // C-21: the body is durable before its notarize; both share the turn's fsync.
        try logBody(digest, view: awaited.keys.filter { $0.payload == digest }.map(\.view).max() ?? machine.currentView)
        blocks[digest]?.standing = .valid
      } catch {
        return fail(.storage(error.message))
      }
    case .invalid(let reason):
      host.log(.warning, "a block is invalid", ["block": "\(digest)", "reason": "\(reason)"])
      blocks[digest]?.standing = .invalid
    case .failed(let failure): return fail(failure)
    }
    retry(digest)
  }

  /// The next fsync of the log covers it.
  func logBody(_ digest: Digest, view: UInt64) throws(StorageFailure) {
    guard let entry = blocks[digest], !entry.isLogged else { return }
    try append(.body(entry.block, epoch: epoch.number, view: view))
    blocks[digest]?.isLogged = true
  }

  /// (issuer, jti) of every block between the executed head and `parent`, which the database does not know yet.
  func pairsSinceExecution(_ parent: Digest) -> Set<Pool.JTIPair> {
    var pairs: Set<Pool.JTIPair> = []
    var digest = parent
    while let entry = blocks[digest] {
      pairs.formUnion(entry.pairs)
      digest = entry.block.header.parent
    }
    return pairs
  }
}
