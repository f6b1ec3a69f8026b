import Contracts
import Ledger
import LedgerStore
import Sodium

/// C-41: a certified state on its way into an empty store, with the blocks of the last horizon, which hold every
/// document that could be replayed. Everything is proved before it is kept, and kept with how far it has come: after a
/// restart it goes on from there.
package struct SnapshotSync: Sendable {
  package let manifest: SnapshotManifest
  let store: any KeyValueStore
  private let genesis: Genesis
  package private(set) var download: StateDownload
  /// The next block below those that are here; nil when the horizon is reached.
  private(set) var wanted: (height: UInt64, digest: Digest)?
  /// Blocks of this time or later are needed: milliseconds.
  private let horizon: Int64

  /// Begins anew in an empty store. The manifest is verified.
  init(_ manifest: SnapshotManifest, into store: any KeyValueStore, genesis: Genesis) throws {
    var batch = Batch()
    batch.put(.marker(.snapshot), manifest.cbor)
    try store.write(batch, sync: true)
    self.init(
      manifest, store, genesis, StateDownload(root: manifest.leaf.stateRoot, height: manifest.height),
      (manifest.height, manifest.leaf.block))
  }

  /// Goes on with what a store has of an earlier run; nil when there is nothing to go on with.
  init?(resuming store: any KeyValueStore, genesis: Genesis) throws {
    guard let bytes = try store.get(.marker(.snapshot)) else { return nil }
    let manifest = try SnapshotManifest(cbor: bytes)
    let download = try store.get(.marker(.stateDownload)).map { try StateDownload(cbor: $0) }
    var lowest: Header?
    try store.forEach(under: StoreKey.Table.block.prefix) { _, value throws(StorageFailure) in
      lowest = try? Block(cbor: value).header
      return .stop
    }
    self.init(
      manifest, store, genesis, download ?? StateDownload(root: manifest.leaf.stateRoot, height: manifest.height),
      lowest.map { ($0.height - 1, $0.parent) } ?? (manifest.height, manifest.leaf.block))
    if let lowest, lowest.height <= 1 || lowest.time < horizon { wanted = nil }
  }

  private init(
    _ manifest: SnapshotManifest, _ store: any KeyValueStore, _ genesis: Genesis, _ download: StateDownload,
    _ wanted: (height: UInt64, digest: Digest)
  ) {
    self.manifest = manifest
    self.store = store
    self.genesis = genesis
    self.download = download
    self.wanted = wanted.height > 0 ? wanted : nil
    let (span, overflow) = genesis.documentHorizonSeconds.multipliedReportingOverflow(by: 1000)
    let (time, below) = manifest.headers[0].time.subtractingReportingOverflow(overflow ? .max : span)
    horizon = below ? .min : time
  }

  package var height: UInt64 { manifest.height }
  var isComplete: Bool { download.isComplete && wanted == nil }

  /// Takes one part of the state; throws `StateChunkFailure` when it is not what was asked for.
  mutating func take(_ answer: StateChunkAnswer, to request: StateChunkRequest) throws {
    var next = download
    let chunk = try next.take(answer, to: request)
    var batch = Batch()
    batch.put(chunk, of: next)
    try store.write(batch, sync: true)
    download = next
  }

  /// Blocks from the wanted one downwards; false when one of them is not the parent of the one above it.
  mutating func take(_ blocks: [FinalizedBlock]) throws -> Bool {
    var batch = Batch()
    for item in blocks {
      guard let (height, digest) = wanted else { break }
      let header = item.block.header
      guard header.height == height, item.block.digest == digest, item.block.matchesHeader else { return false }
      batch.put(.block(height: height), item.block.cbor)
      // Its place in the views is only what a peer says, so no certificate is kept with it.
      batch.put(.finalization(height: height), Finality(proposal: item.finality.proposal, certificate: nil).cbor)
      for bytes in item.block.documents {
        // A finalized block holds no document that cannot be read.
        let document = try SignedDocument(bytes)
        let (issuer, jti) = (document.envelope.issuer, document.envelope.jti)
        let key = StoreKey.replay(issuer: issuer, jti: jti)
        let use = JTIUse(document: document.id, height: height, expiresAt: document.envelope.expiresAt)
        // Blocks come newest first: the newest use stays.
        if try store.get(key) == nil { batch.put(key, use.cbor) }
      }
      wanted = height > 1 && header.time >= horizon ? (height - 1, header.parent) : nil
    }
    try store.write(batch, sync: true)
    return true
  }

  /// Makes the store one that a node can start from. The store's format is written last, so that what was begun and
  /// not completed is never taken for a chain.
  func complete() throws {
    guard let block = try store.get(.block(height: height)).map({ try Block(cbor: $0) }) else {
      throw NodeFailure.damaged("the block of the snapshot's height is missing")
    }
    try store.raise(.oldestHeight, to: height + 1)
    var history = manifest.before
    var batch = Batch()
    for (position, digest) in history.peakPositions { batch.put(.history(position), digest.bytes) }
    for (position, digest) in history.append(manifest.leaf.digest) { batch.put(.history(position), digest.bytes) }
    let header = block.header
    let head = ChainHead(
      height: height, block: manifest.leaf.block, epoch: header.epoch + (header.endsEpoch ? 1 : 0),
      endsEpoch: header.endsEpoch, view: 0, time: header.time, stateRoot: manifest.leaf.stateRoot,
      stateVersion: download.rootVersion, history: history, attested: header.executed.height, provable: 0)
    for link in manifest.epochs.links { batch.put(.epoch(link.header.epoch), link.cbor) }
    batch.put(.leaf(height: height), manifest.leaf.cbor)
    batch.put(.marker(.executedHeight), head.cbor)
    batch.delete(.marker(.stateDownload))
    batch.delete(.marker(.snapshot))
    batch.put(.format, ChainStore.format + genesis.chain.bytes)
    try store.write(batch, sync: true)
  }
}
