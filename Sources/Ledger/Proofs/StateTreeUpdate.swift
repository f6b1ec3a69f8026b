import Sodium

/// One batch on its way through the tree.
struct StateTreeUpdate {
  private let version: UInt64
  private let changes: [StateTree.Change]
  private let reader: any StateTreeReader
  private var newNodes: [(key: NodeKey, bytes: [UInt8])] = []
  private var stale: [NodeKey] = []
  private var inserted: [Digest] = []
  private var removed: [Digest] = []

  init(version: UInt64, changes: [StateTree.Change], reader: any StateTreeReader) {
    self.version = version
    self.changes = changes
    self.reader = reader
  }

  mutating func run(from rootVersion: UInt64?) throws(StateTreeFailure) -> StateTree.Update {
    for index in changes.indices.dropFirst() where changes[index - 1].path >= changes[index].path {
      throw .changesNotSorted
    }
    if let rootVersion, rootVersion >= version { throw .versionNotAscending }
    newNodes.reserveCapacity(changes.count * 2)
    stale.reserveCapacity(changes.count * 2)

    var node = StateNode()
    if let rootVersion { node = try StateTree.node(.root(version: rootVersion), reader) }
    guard try descend(into: &node, depth: 0, changes.indices) else {
      return StateTree.Update(
        newNodes: [], stale: [], inserted: [], removed: [], root: node.digest, rootVersion: rootVersion)
    }
    newNodes.append((.root(version: version), node.bytes))
    if let rootVersion { stale.append(.root(version: rootVersion)) }
    return StateTree.Update(
      newNodes: newNodes, stale: stale, inserted: inserted, removed: removed, root: node.digest, rootVersion: version)
  }

  /// The subtree of keys that share their first `depth` nibbles, in a tree that has no others there, with its nodes.
  mutating func subtree(depth: Int) throws(StateTreeFailure) -> (
    child: StateChild, nodes: [(key: NodeKey, bytes: [UInt8])]
  ) {
    if depth > 0 { return (try updated(.none, depth: depth, changes.indices), newNodes) }
    let update = try run(from: nil)
    return (.inner(version: version, digest: update.root), newNodes)
  }

  /// Applies changes that share their first `depth` nibbles to the children of a node. False when none of them
  /// changed.
  private mutating func descend(
    into node: inout StateNode, depth: Int, _ range: Range<Int>
  ) throws(StateTreeFailure) -> Bool {
    var changed = false
    var start = range.lowerBound
    while start < range.upperBound {
      let nibble = changes[start].path.nibble(depth)
      var end = start + 1
      while end < range.upperBound, changes[end].path.nibble(depth) == nibble { end += 1 }
      let old = node.children[Int(nibble)]
      let new = try updated(old, depth: depth + 1, start..<end)
      if new != old {
        node.children[Int(nibble)] = new
        changed = true
      }
      start = end
    }
    return changed
  }

  /// The child at `depth` nibbles after the changes below it.
  private mutating func updated(
    _ child: StateChild, depth: Int, _ range: Range<Int>
  ) throws(StateTreeFailure) -> StateChild {
    let path = changes[range.lowerBound].path
    var node = StateNode()
    switch child {
    case .inner(let oldVersion, _):
      guard depth < StateTree.maximumDepth else { throw .inconsistent(.root(version: oldVersion)) }
      let key = NodeKey(version: oldVersion, path: path, depth: depth)
      node = try StateTree.node(key, reader)
      guard try descend(into: &node, depth: depth, range) else { return child }
      stale.append(key)
    case .leaf(let leafPath, _):
      if range.count == 1 {
        if leafPath == path {
          if changes[range.lowerBound].value == nil { removed.append(path) }
          return leaf(range.lowerBound)
        }
        if changes[range.lowerBound].value == nil { return child }
      }
      guard depth < StateTree.maximumDepth else { throw .inconsistent(.root(version: version)) }
      node.children[Int(leafPath.nibble(depth))] = child
      _ = try descend(into: &node, depth: depth, range)
    case .none:
      if range.count == 1 {
        if changes[range.lowerBound].value != nil { inserted.append(path) }
        return leaf(range.lowerBound)
      }
      _ = try descend(into: &node, depth: depth, range)
    }
    if let collapsed = node.collapsed { return collapsed }
    newNodes.append((NodeKey(version: version, path: path, depth: depth), node.bytes))
    return .inner(version: version, digest: node.digest)
  }

  private func leaf(_ index: Int) -> StateChild {
    guard let value = changes[index].value else { return .none }
    return .leaf(path: changes[index].path, value: value)
  }
}
