import Contracts
import Ledger
import LedgerStore
import Sodium

/// How a node gives and takes states.
package struct SnapshotPolicy: Equatable, Sendable {
  /// Heights from one state that is given away to the next; the same on all nodes of a network, or they cannot complete
  /// each other's.
  package var interval: UInt64
  /// A node that is further behind than this takes a state; 0 for never.
  package var gap: UInt64

  package init(interval: UInt64 = 1_000, gap: UInt64 = 5_000) {
    self.interval = interval
    self.gap = gap
  }
}

/// The states that this node gives to others: one every `interval` heights, held as a snapshot of the store, the newest
/// two of them. All nodes choose the same heights, so that a download may take its parts from any of them.
package struct SnapshotKeeper: Sendable {
  /// A state with its proof.
  package struct Kept: Sendable {
    package let manifest: SnapshotManifest
    package let state: any StoreReading
    package let rootVersion: UInt64?
  }

  private struct Candidate: Sendable {
    let head: ChainHead
    let before: HistoryRange
    let leaf: HistoryLeaf
    let state: any StoreReading
  }

  package let interval: UInt64
  package private(set) var kept: [Kept] = []
  private var candidates: [Candidate] = []
  /// The candidate that a header attests, and the headers since, until one of them has a certificate.
  private var attested: (candidate: Candidate, headers: [Header])?
  /// Intervals for which the state has been chosen.
  private var chosen: UInt64 = 0
  /// Heights after the beginning of an interval that may be chosen: the first one that a header attests is.
  private static let window: UInt64 = 64

  package init(interval: UInt64) { self.interval = max(1, interval) }

  package subscript(height: UInt64) -> Kept? { kept.first { $0.manifest.height == height } }
  package var newest: Kept? { kept.last }

  /// A block was executed: `before` is the history without it.
  mutating func take(
    _ block: FinalizedBlock, head: ChainHead, before: HistoryRange, chain: Chain
  ) throws {
    let header = block.block.header
    if head.height / interval > chosen, head.height % interval < SnapshotKeeper.window,
      let leaf = try chain.store.leaf(at: head.height)
    {
      candidates.append(Candidate(head: head, before: before, leaf: leaf, state: chain.store.database.snapshot()))
    }
    if attested != nil {
      attested?.headers.append(header)
    } else if let candidate = candidates.first(where: { $0.head.height == header.executed.height }) {
      attested = (candidate, [header])
      chosen = candidate.head.height / interval
      candidates = []
    }
    guard let (candidate, headers) = attested, let certificate = block.finality.certificate else { return }
    attested = nil
    guard headers.count <= SnapshotManifest.maximumHeaders else { return }
    kept.append(
      Kept(
        manifest: SnapshotManifest(
          leaf: candidate.leaf, before: candidate.before, headers: headers, certificate: certificate,
          epochs: try chain.epochProof(to: header.epoch)),
        state: candidate.state, rootVersion: candidate.head.stateVersion))
    if kept.count > 2 { kept.removeFirst() }
  }
}

/// One part of a snapshot for a peer, read beside the replica.
package struct ChunkAnswer: Sendable {
  let kept: SnapshotKeeper.Kept
  package let request: StateChunkRequest
  package let peer: Int

  package func run() -> Result<StateChunkAnswer?, NodeFailure> {
    NodeFailure.catching { try kept.state.stateChunk(request, rootVersion: kept.rootVersion) }
  }
}
