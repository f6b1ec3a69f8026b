import Ledger
import Replication
import Sodium

extension FuzzTarget {
  /// What nodes send each other beside consensus, and what a node's chain says of itself.
  static let messages = FuzzTarget(
    name: "messages", maximumBytes: 16_384, seeds: { types.seeds() }, bytes: extremes, attack: { types.attack($0) })

  private static let finalized = FinalizedBlock(
    block: ChainExamples.block,
    finality: Finality(
      proposal: ChainExamples.proposal, certificate: ChainExamples.certificate(.finalize(ChainExamples.proposal))))

  private static let request = StateChunkRequest(height: 3, prefix: .root, digest: ChainExamples.chain)

  /// Of height 1, attested by the next header.
  private static let manifest: SnapshotManifest = {
    let leaf = HistoryLeaf(height: 1, block: ChainExamples.chain, stateRoot: .zero, outcomesRoot: .zero)
    var before = HistoryRange()
    _ = before.append(ChainExamples.chain)
    var history = before
    _ = history.append(leaf.digest)
    let header = ChainExamples.header(
      executed: Executed(height: 1, stateRoot: .zero, historyRoot: history.root), documents: [])
    let manifest = SnapshotManifest(
      leaf: leaf, before: before, headers: [header],
      certificate: ChainExamples.certificate(.finalize(Proposal(view: 5, parentView: 4, payload: header.digest))),
      epochs: EpochProof(links: []))
    demand((try? manifest.verified(by: ExampleNetwork.genesis)) != nil, "the example is a good manifest")
    return manifest
  }()

  private static let types = CodableTypes([
    CodableTypes.type(
      PeerMessage.documents([[1, 2], []]), .body(ChainExamples.block), .fetchBody(ChainExamples.chain),
      .fetchBlocks(from: 7), .blocks([finalized]),
      .status(PeerStatus(epoch: 1, view: 2, height: 3, oldest: 1, stateRoot: .zero, wall: -1)),
      .disclose(ChainExamples.chain, ["WyJ4Il0"]), .disclosed(ChainExamples.chain), .evidence([ChainExamples.evidence]),
      .fetchSnapshot, .snapshot(manifest), .fetchChunk(request),
      .chunk(request, .node([Digest](repeating: .zero, count: 16))),
      .chunk(request, nil), .fetchHistory(from: 9), .history([finalized])),
    CodableTypes.type(finalized),
    CodableTypes.type(manifest) { _ = try? $0.verified(by: ExampleNetwork.genesis) },
  ])
}
