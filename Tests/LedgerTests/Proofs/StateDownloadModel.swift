import Ledger
import Sodium

/// A state with its tree, as a node that serves it has it.
struct ServedState {
  static let height: UInt64 = 7
  /// In the order of their paths.
  private(set) var entries: [(path: Digest, entry: StateEntry)] = []
  private(set) var memory = StateTreeMemory()
  private(set) var root = StateTree.emptyRoot
  private(set) var rootVersion: UInt64?

  /// Written in two versions, so that the nodes are not all of one.
  init(keys: Int, valueSize: Int = 20) throws {
    var generator = SeededGenerator(state: UInt64(keys))
    for index in 0..<keys {
      let value = (0..<Int.random(in: 0...valueSize, using: &generator)).map { UInt8(truncatingIfNeeded: $0 &+ index) }
      let entry = StateEntry(key: Array("object \(index)".utf8), value: value)
      entries.append((StateTree.path(ofKey: entry.key), entry))
    }
    entries.sort { $0.path < $1.path }
    let changes = entries.map { StateTree.Change(path: $0.path, value: StateTree.digest(ofValue: $0.entry.value)) }
    try apply(Array(changes.prefix(keys / 2)), at: 3)
    try apply(Array(changes.dropFirst(keys / 2)), at: Self.height)
  }

  mutating func apply(_ changes: [StateTree.Change], at version: UInt64) throws {
    let update = try StateTree.update(root: rootVersion, to: version, changes: changes, reader: memory)
    memory.apply(update, pruning: true)
    (root, rootVersion) = (update.root, update.rootVersion)
  }

  func leaves(below prefix: StatePrefix) -> [StateEntry] {
    var (first, end) = (0, entries.count)
    while first < end {
      let middle = (first + end) / 2
      if entries[middle].path < prefix.path { first = middle + 1 } else { end = middle }
    }
    return entries[first...].prefix { prefix.contains($0.path) }.map(\.entry)
  }

  /// Leaves where no more than `limit` are below, but nodes down to `depth` in any case.
  func answer(_ request: StateChunkRequest, limit: Int, depth: Int = 0) throws -> StateChunkAnswer? {
    switch try StateTree.place(request.prefix, digest: request.digest, root: rootVersion, reader: memory) {
    case nil: return nil
    case .leaf: return .leaves(leaves(below: request.prefix))
    case .node(let digests):
      let leaves = leaves(below: request.prefix)
      return leaves.count > limit || request.prefix.depth < depth ? .node(digests) : .leaves(leaves)
    }
  }
}

/// A new node: what it stored, and how far it came.
struct SyncingState {
  var download: StateDownload
  var nodes: [NodeKey: [UInt8]] = [:]
  var entries: [Digest: StateEntry] = [:]

  init(of served: ServedState) { download = StateDownload(root: served.root, height: ServedState.height) }

  mutating func take(_ answer: StateChunkAnswer, to request: StateChunkRequest) throws(StateChunkFailure) {
    let chunk = try download.take(answer, to: request)
    for (key, bytes) in chunk.nodes { nodes[key] = bytes }
    for entry in chunk.entries { entries[entry.path] = StateEntry(key: entry.key, value: entry.value) }
  }
}

extension SyncingState: StateTreeReader {
  func node(_ key: NodeKey) -> [UInt8]? { nodes[key] }
}
