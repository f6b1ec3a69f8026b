import Ledger
import LedgerStore
import Sodium
import Testing

@Suite("State chunks from one database into another")
struct StateChunkStoreTests {
  private let folder: TemporaryFolder
  private let server: Database
  private static let height: UInt64 = 5

  init() throws {
    folder = try TemporaryFolder()
    server = try Database(path: folder["server"], createIfMissing: true)
    for height in 1...Self.height { try write(height) }
  }

  /// 700 keys each time, some of which are there; from the third height on some go.
  private func write(_ height: UInt64) throws {
    var (batch, keys) = (Batch(), [Digest: [UInt8]]())
    var changes: [StateTree.Change] = []
    for index in (Int(height) * 400)..<(Int(height) * 400 + 700) {
      let key = Array("object \(index)".utf8)
      let path = StateTree.path(ofKey: key)
      let value = height > 2 && index % 7 == 0 ? nil : [UInt8](repeating: UInt8(height), count: index % 900)
      keys[path] = key
      changes.append(StateTree.Change(path: path, value: value.map { StateTree.digest(ofValue: $0) }))
      if let value { batch.put(.state(key), value) } else { batch.delete(.state(key)) }
    }
    let update = try StateTree.update(
      root: height == 1 ? nil : height - 1, to: height, changes: changes.sorted { $0.path < $1.path },
      reader: StoredStateTree(store: server))
    batch.put(update, keys: keys)
    try server.write(batch, sync: false)
  }

  private func entries(_ store: any StoreReading, _ table: StoreKey.Table) throws -> [[UInt8]] {
    var entries: [[UInt8]] = []
    try store.forEach(under: table.prefix) { key, value throws(StorageFailure) in
      entries += [key, value]
      return .on
    }
    return entries
  }

  @Test("A snapshot is served while the chain goes on; the state arrives whole, also over restarts")
  func whole() throws {
    let snapshot = server.snapshot()
    let root = try StateTree.root(version: Self.height, reader: StoredStateTree(store: snapshot))
    var download = StateDownload(root: root, height: Self.height)
    var (nodes, largest, chunks, next) = (0, 0, 0, Self.height + 1)
    while !download.isComplete {
      let client = try Database(path: folder["client"], createIfMissing: true)
      if let stored = try client.get(.marker(.stateDownload)) { #expect(try StateDownload(cbor: stored) == download) }
      for request in download.requests(limit: 2) {
        let answer = try #require(try snapshot.stateChunk(request, rootVersion: Self.height))
        if case .node = answer { nodes += 1 }
        largest = max(largest, answer.cbor.count)
        var batch = Batch()
        batch.put(try download.take(answer, to: request), of: download)
        try client.write(batch, sync: false)
        chunks += 1
      }
      if next < Self.height + 4 { try write(next) }
      next += 1
    }
    #expect(nodes >= 1 && chunks > 10 && largest <= StateChunkAnswer.maximumWeight)
    let client = try Database(path: folder["client"], createIfMissing: false)
    for table in [StoreKey.Table.state, .statePath] {
      #expect(try entries(client, table) == entries(snapshot, table))
      #expect(try entries(client, table) != entries(server, table))
    }
    let original = try StateTree.audit(root: Self.height, reader: StoredStateTree(store: snapshot))
    let copy = try StateTree.audit(root: Self.height, reader: StoredStateTree(store: client))
    #expect(copy.root == root && copy.leaves == original.leaves)
    #expect(try entries(client, .treeNode).count == copy.nodes.count * 2)
  }

  @Test("Each key of the state has its path in the table of paths, and no other path is there")
  func paths() throws {
    var expected: [[UInt8]] = []
    try server.forEach(under: StoreKey.Table.state.prefix) { key, _ throws(StorageFailure) in
      expected.append(StoreKey.statePath(StateTree.path(ofKey: Array(key.dropFirst()))).bytes + key.dropFirst())
      return .on
    }
    let pairs = try entries(server, .statePath)
    let found = stride(from: 0, to: pairs.count, by: 2).map { pairs[$0] + pairs[$0 + 1] }
    #expect(found == expected.sorted { $0.lexicographicallyPrecedes($1) } && found.count > 1000)
  }

  @Test("What the snapshot does not have is not served; a snapshot that contradicts itself is corruption")
  func notServed() throws {
    let root = try StateTree.root(version: Self.height, reader: StoredStateTree(store: server))
    let request = StateChunkRequest(height: Self.height, prefix: .root, digest: root)
    #expect(try server.stateChunk(request, rootVersion: Self.height) != nil)
    #expect(try server.stateChunk(request, rootVersion: Self.height - 1) == nil)
    #expect(try server.stateChunk(request, rootVersion: nil) == nil)
    var batch = Batch()
    let key = try #require(try entries(server, .statePath).dropFirst().first)
    batch.delete(.state(key))
    try server.write(batch, sync: false)
    let small = try #require(try firstLeaves(root, below: StateTree.path(ofKey: key)))
    #expect(failure { () throws(StorageFailure) in _ = try server.stateChunk(small, rootVersion: 5) } == .corruption)
    batch = Batch()
    for entry in try entries(server, .treeNode) where entry.first == StoreKey.Table.treeNode.rawValue {
      batch.delete(entry)
    }
    try server.write(batch, sync: false)
    #expect(failure { () throws(StorageFailure) in _ = try server.stateChunk(request, rootVersion: 5) } == .corruption)
  }

  /// A request for the place one below the root on the way to a path.
  private func firstLeaves(_ root: Digest, below path: Digest) throws -> StateChunkRequest? {
    guard
      case .node(let digests) = try StateTree.place(
        .root, digest: root, root: Self.height, reader: StoredStateTree(store: server))
    else { return nil }
    return StateChunkRequest(
      height: Self.height, prefix: StatePrefix(path: path, depth: 1), digest: digests[Int(path.nibble(0))])
  }
}
