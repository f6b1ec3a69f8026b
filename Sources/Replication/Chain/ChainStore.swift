import Contracts
import Ledger
import LedgerStore
import Sodium

/// The chain as it stands in LevelDB: one synced batch a block, and typed reads. Safe to share between threads.
package final class ChainStore: Sendable {
  package static let format: [UInt8] = Array("lianrong 2".utf8)
  package let database: any KeyValueStore

  /// The chain of this network in LevelDB, or the beginning of one.
  package convenience init(path: String, genesis: Genesis, createIfMissing: Bool = true) throws {
    try self.init(try Database(path: path, createIfMissing: createIfMissing), genesis: genesis, path: path)
  }

  /// The chain in `database`, or the genesis state at height 0 where it is empty.
  package init(_ database: any KeyValueStore, genesis: Genesis, path: String = "the database") throws {
    self.database = database
    if let format = try database.get(.format) {
      guard format == ChainStore.format + genesis.chain.bytes else {
        throw NodeFailure.otherNetwork(path: path, network: genesis.network)
      }
    } else {
      try begin(genesis)
    }
  }

  private func begin(_ genesis: Genesis) throws {
    let changes = genesis.initialState()
    let update = try StateTree.update(
      root: nil, to: 0, changes: ChainStore.treeChanges(changes), reader: StateTreeMemory())
    var history = HistoryRange()
    let leaf = HistoryLeaf(
      height: 0, block: genesis.chain, stateRoot: update.root, outcomesRoot: MerkleTree.root(of: []))
    let nodes = history.append(leaf.digest)
    let head = ChainHead(
      height: 0, block: genesis.chain, epoch: 0, endsEpoch: false, view: 0, time: genesis.time, stateRoot: update.root,
      stateVersion: update.rootVersion,
      history: history, attested: 0, provable: 0)
    var batch = Batch()
    batch.put(.format, ChainStore.format + genesis.chain.bytes)
    write(head, leaf: leaf, changes: changes, update: update, nodes: nodes, to: &batch)
    try database.write(batch, sync: true)
  }

  /// The state tree's changes for changes of the state: paths are hashes, sorted.
  package static func treeChanges(_ changes: [StateChange]) -> [StateTree.Change] {
    changes.map { change in
      StateTree.Change(
        path: StateTree.path(ofKey: change.key), value: change.value.map { StateTree.digest(ofValue: $0) })
    }.sorted { $0.path < $1.path }
  }

  /// The keys that changes set, by their paths.
  private static func keys(of changes: [StateChange]) -> [Digest: [UInt8]] {
    Dictionary(
      changes.lazy.filter { $0.value != nil }.map { (StateTree.path(ofKey: $0.key), $0.key) },
      uniquingKeysWith: { first, _ in first })
  }

  private func write(
    _ head: ChainHead, leaf: HistoryLeaf, changes: [StateChange], update: StateTree.Update,
    nodes: [(position: UInt64, digest: Digest)], to batch: inout Batch
  ) {
    for change in changes {
      if let value = change.value { batch.put(.state(change.key), value) } else { batch.delete(.state(change.key)) }
    }
    batch.put(update, keys: update.inserted.isEmpty ? [:] : ChainStore.keys(of: changes))
    for (position, digest) in nodes { batch.put(.history(position), digest.bytes) }
    batch.put(.leaf(height: head.height), leaf.cbor)
    batch.put(.marker(.executedHeight), head.cbor)
  }

  // MARK: Writing

  /// What one executed block writes: all of it or nothing (decision 14).
  struct Commit {
    let finalized: FinalizedBlock
    let admitted: [AdmittedDocument]
    let outcomes: [OutcomeRecord]
    let changes: [StateChange]
    let update: StateTree.Update
    let leaf: HistoryLeaf
    let nodes: [(position: UInt64, digest: Digest)]
    let head: ChainHead
  }

  func commit(_ commit: Commit) throws {
    let height = commit.head.height
    var batch = Batch()
    batch.put(.block(height: height), commit.finalized.block.cbor)
    batch.put(.finalization(height: height), commit.finalized.finality.cbor)
    var outcomes = CBORWriter()
    outcomes.list(commit.outcomes)
    batch.put(.outcomes(height: height), outcomes.bytes)
    for (index, document) in commit.admitted.enumerated() {
      let location = DocumentLocation(height: height, index: index)
      batch.put(.location(document.id), location.cbor)
      let use = JTIUse(document: document.id, height: height, expiresAt: document.envelope.expiresAt)
      batch.put(.replay(issuer: document.envelope.issuer, jti: document.envelope.jti), use.cbor)
    }
    write(
      commit.head, leaf: commit.leaf, changes: commit.changes, update: commit.update, nodes: commit.nodes, to: &batch)
    if commit.head.endsEpoch { try put(commit.finalized, endOfEpochIn: &batch) }
    for item in commit.finalized.block.evidence { batch.delete(.evidence(item.offence)) }
    if height > ChainStore.retainedVersions {
      try prune(version: height - ChainStore.retainedVersions, in: &batch)
    }
    try database.write(batch, sync: true)
  }

  /// Versions of the state tree below the newest that are kept whole: proofs are served at attested heights, which are at
  /// most the execution lag behind.
  static let retainedVersions: UInt64 = 64

  private func prune(version: UInt64, in batch: inout Batch) throws(StorageFailure) {
    let key = StoreKey.staleNode(version: version, [])
    guard let stale = try database.get(key) else { return }
    for node in StoreKey.treeNodes(inStaleList: stale) { batch.delete(node) }
    batch.delete(key)
  }

  // MARK: Reading

  package func head() throws -> ChainHead {
    guard let bytes = try database.get(.marker(.executedHeight)) else {
      throw NodeFailure.damaged("the chain's head is missing")
    }
    return try ChainHead(cbor: bytes)
  }

  package func finalizedBlock(at height: UInt64) throws -> FinalizedBlock? {
    guard let block = try database.get(.block(height: height)),
      let finality = try database.get(.finalization(height: height))
    else { return nil }
    return FinalizedBlock(block: try Block(cbor: block), finality: try Finality(cbor: finality))
  }

  package func finality(at height: UInt64) throws -> Finality? {
    try database.get(.finalization(height: height)).map { try Finality(cbor: $0) }
  }

  package func outcomes(at height: UInt64) throws -> [OutcomeRecord]? {
    guard let bytes = try database.get(.outcomes(height: height)) else { return nil }
    var reader = CBORReader(bytes)
    let records: [OutcomeRecord] = try reader.list()
    try reader.finish()
    return records
  }

  package func leaf(at height: UInt64) throws -> HistoryLeaf? {
    try database.get(.leaf(height: height)).map { try HistoryLeaf(cbor: $0) }
  }

  package func location(of document: Digest) throws -> DocumentLocation? {
    try database.get(.location(document)).map { try DocumentLocation(cbor: $0) }
  }

  package func use(ofJTI jti: String, issuer: String) throws -> JTIUse? {
    try database.get(.replay(issuer: issuer, jti: jti)).map { try JTIUse(cbor: $0) }
  }

  package func key(_ id: KeyID) throws -> KeyRecord? { try object(id) }

  package func object<T: StateObject>(_ id: T.ID, _ type: T.Type = T.self) throws -> T? {
    try database.get(.state(T.key(id))).map { try T(cbor: $0) }
  }

  package func historyNode(_ position: UInt64) throws -> Digest? {
    try database.get(.history(position)).flatMap { Digest($0) }
  }
}

extension ChainStore: StateReader {
  package func value(of key: [UInt8]) throws(StateFailure) -> [UInt8]? {
    do throws(StorageFailure) {
      return try database.get(.state(key))
    } catch {
      throw StateFailure(error.message)
    }
  }
}

extension ChainStore: StateTreeReader {
  package func node(_ key: NodeKey) throws(StateTreeFailure) -> [UInt8]? {
    do throws(StorageFailure) {
      return try database.get(.treeNode(key.bytes))
    } catch {
      throw .unreadable(key)
    }
  }
}

package struct DocumentLocation: Equatable, Sendable, CBORCodable {
  package let height: UInt64
  package let index: Int

  package init(height: UInt64, index: Int) {
    self.height = height
    self.index = index
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.unsigned(height)
    writer.unsigned(UInt64(index))
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    height = try reader.unsigned()
    index = Int(try reader.unsigned(upTo: UInt64(Int32.max)))
  }
}

/// The newest document of an issuer that used a `jti`.
package struct JTIUse: Equatable, Sendable, CBORCodable {
  package let document: Digest
  package let height: UInt64
  /// Seconds since 1970, of the document's `exp`. Once it has passed, rules no longer ask after the use: what every node
  /// must know of the past is bounded.
  package let expiresAt: Int64

  package init(document: Digest, height: UInt64, expiresAt: Int64) {
    self.document = document
    self.height = height
    self.expiresAt = expiresAt
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.digest(document)
    writer.unsigned(height)
    writer.integer(expiresAt)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    document = try reader.digest()
    height = try reader.unsigned()
    expiresAt = try reader.integer()
  }
}

/// What is kept of the past.
extension ChainStore {
  /// The lowest height whose block and outcomes are here; 0 while nothing was ever left out.
  package func oldestHeight() throws(StorageFailure) -> UInt64 { try database.number(.oldestHeight) ?? 0 }
}

/// C-30: how epochs ended.
extension ChainStore {
  func epochLink(_ epoch: UInt64) throws -> EpochProof.Link {
    guard let bytes = try database.get(.epoch(epoch)) else {
      throw NodeFailure.damaged("the end of epoch \(epoch) is missing")
    }
    return try EpochProof.Link(cbor: bytes)
  }

  private func put(_ finalized: FinalizedBlock, endOfEpochIn batch: inout Batch) throws {
    let header = finalized.block.header
    guard let certificate = finalized.finality.certificate,
      let next = try object(header.epoch + 1, ValidatorSetRecord.self)?.validators
    else { throw NodeFailure.damaged("epoch \(header.epoch) ends without a certificate or a next one") }
    batch.put(
      .epoch(header.epoch), EpochProof.Link(header: header, certificate: certificate, next: next).cbor)
  }
}

/// C-15: evidence that this node has seen, until a block carries it.
extension ChainStore {
  package func isRecorded(_ evidence: Evidence) throws -> Bool {
    try Misbehaviour.isSettled(evidence.offence, on: self)
  }

  func keep(_ evidence: [Evidence]) throws(StorageFailure) {
    var batch = Batch()
    for item in evidence { batch.put(.evidence(item.offence), item.cbor) }
    try database.write(batch, sync: true)
  }

  /// In the order of epochs, views and signers.
  func pendingEvidence() throws(StorageFailure) -> [Evidence] {
    var pending: [Evidence] = []
    try database.forEach(under: StoreKey.Table.evidence.prefix) { _, value throws(StorageFailure) in
      guard let evidence = try? Evidence(cbor: value) else {
        throw StorageFailure(.corruption, "evidence that was kept cannot be read")
      }
      pending.append(evidence)
      return .on
    }
    return pending
  }
}
