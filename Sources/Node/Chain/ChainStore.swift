import Contracts
import Ledger
import LedgerStore
import Sodium

/// The chain as it stands in LevelDB: one synced batch a block, and typed reads. Safe to share between threads.
package final class ChainStore: Sendable {
  static let format: [UInt8] = Array("lianrong 1".utf8)
  let database: Database

  /// Opens the database of this network, or begins it with the genesis state at height 0.
  package init(path: String, genesis: Genesis, createIfMissing: Bool = true) throws {
    database = try Database(path: path, createIfMissing: createIfMissing)
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
      height: 0, block: genesis.chain, view: 0, time: genesis.time, stateRoot: update.root,
      stateVersion: update.rootVersion,
      history: history, attested: 0, provable: 0)
    var batch = Batch()
    batch.put(.format, ChainStore.format + genesis.chain.bytes)
    write(head, leaf: leaf, changes: changes, update: update, nodes: nodes, to: &batch)
    try database.write(batch, sync: true)
  }

  /// The state tree's changes for changes of the state: paths are hashes, sorted.
  static func treeChanges(_ changes: [StateChange]) -> [StateTree.Change] {
    changes.map { change in
      StateTree.Change(
        path: StateTree.path(ofKey: change.key), value: change.value.map { StateTree.digest(ofValue: $0) })
    }.sorted { $0.path < $1.path }
  }

  private func write(
    _ head: ChainHead, leaf: HistoryLeaf, changes: [StateChange], update: StateTree.Update,
    nodes: [(position: UInt64, digest: Digest)], to batch: inout Batch
  ) {
    for change in changes {
      if let value = change.value { batch.put(.state(change.key), value) } else { batch.delete(.state(change.key)) }
    }
    for (key, bytes) in update.newNodes { batch.put(.treeNode(key.bytes), bytes) }
    if !update.stale.isEmpty {
      batch.put(.staleNode(version: head.height, []), update.stale.flatMap(\.bytes))
    }
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

  func commit(_ commit: Commit) throws(StorageFailure) {
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
      let use = JTIUse(document: document.id, height: height)
      batch.put(.replay(issuer: document.envelope.issuer, jti: document.envelope.jti), use.cbor)
    }
    write(
      commit.head, leaf: commit.leaf, changes: commit.changes, update: commit.update, nodes: commit.nodes, to: &batch)
    if height > ChainStore.retainedVersions {
      try prune(version: height - ChainStore.retainedVersions, in: &batch)
    }
    try database.write(batch, sync: true)
  }

  /// Versions of the state tree below the newest that are kept whole: proofs are served at attested heights, which are
  /// at
  /// most the execution lag behind.
  static let retainedVersions: UInt64 = 64

  private func prune(version: UInt64, in batch: inout Batch) throws(StorageFailure) {
    let key = StoreKey.staleNode(version: version, [])
    guard let stale = try database.get(key) else { return }
    var offset = 0
    while offset + 9 <= stale.count {
      // A node key says its own length: 9 bytes, of which the last is the number of nibbles that follow.
      let end = min(stale.count, offset + 9 + (Int(stale[offset + 8]) + 1) / 2)
      batch.delete(.treeNode(Array(stale[offset..<end])))
      offset = end
    }
    batch.delete(key)
  }

  // MARK: Reading

  func head() throws -> ChainHead {
    guard let bytes = try database.get(.marker(.executedHeight)) else {
      throw NodeFailure.damaged("the chain's head is missing")
    }
    return try ChainHead(cbor: bytes)
  }

  func finalizedBlock(at height: UInt64) throws -> FinalizedBlock? {
    guard let block = try database.get(.block(height: height)),
      let finality = try database.get(.finalization(height: height))
    else { return nil }
    return FinalizedBlock(block: try Block(cbor: block), finality: try Finality(cbor: finality))
  }

  func finality(at height: UInt64) throws -> Finality? {
    try database.get(.finalization(height: height)).map { try Finality(cbor: $0) }
  }

  func outcomes(at height: UInt64) throws -> [OutcomeRecord]? {
    guard let bytes = try database.get(.outcomes(height: height)) else { return nil }
    var reader = CBORReader(bytes)
    let records: [OutcomeRecord] = try reader.list()
    try reader.finish()
    return records
  }

  func leaf(at height: UInt64) throws -> HistoryLeaf? {
    try database.get(.leaf(height: height)).map { try HistoryLeaf(cbor: $0) }
  }

  func location(of document: Digest) throws -> DocumentLocation? {
    try database.get(.location(document)).map { try DocumentLocation(cbor: $0) }
  }

  func use(ofJTI jti: String, issuer: String) throws -> JTIUse? {
    try database.get(.replay(issuer: issuer, jti: jti)).map { try JTIUse(cbor: $0) }
  }

  func key(_ id: KeyID) throws -> KeyRecord? { try object(id) }

  func object<T: StateObject>(_ id: T.ID, _ type: T.Type = T.self) throws -> T? {
    try database.get(.state(T.key(id))).map { try T(cbor: $0) }
  }

  func historyNode(_ position: UInt64) throws -> Digest? {
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

struct DocumentLocation: Equatable, Sendable, CBORCodable {
  let height: UInt64
  let index: Int

  init(height: UInt64, index: Int) {
    self.height = height
    self.index = index
  }

  func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.unsigned(height)
    writer.unsigned(UInt64(index))
  }

  init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    height = try reader.unsigned()
    index = Int(try reader.unsigned(upTo: UInt64(Int32.max)))
  }
}

/// The one document of an issuer that used a `jti`.
struct JTIUse: Equatable, Sendable, CBORCodable {
  let document: Digest
  let height: UInt64

  init(document: Digest, height: UInt64) {
    self.document = document
    self.height = height
  }

  func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.digest(document)
    writer.unsigned(height)
  }

  init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    document = try reader.digest()
    height = try reader.unsigned()
  }
}
