import Sodium

extension StateTree {
  /// Reads a whole version, checks every node against the digest that its parent holds and every leaf against its
  /// place, and returns the keys of all its nodes and its leaves in the order of their paths. For audits: it holds
  /// the whole tree.
  package static func audit(
    root version: UInt64?, reader: some StateTreeReader
  ) throws(StateTreeFailure) -> (root: Digest, nodes: [NodeKey], leaves: [Change]) {
    guard let version else { return (emptyRoot, [], []) }
    var audit = StateTreeAudit(reader: reader)
    let root = try audit.visit(.root(version: version), path: .zero, depth: 0)
    return (root, audit.nodes, audit.leaves)
  }
}

private struct StateTreeAudit {
  let reader: any StateTreeReader
  var nodes: [NodeKey] = []
  var leaves: [StateTree.Change] = []

  mutating func visit(_ key: NodeKey, path: Digest, depth: Int) throws(StateTreeFailure) -> Digest {
    guard depth < StateTree.maximumDepth else { throw .inconsistent(key) }
    let node = try StateTree.node(key, reader)
    // Below the root, a node that could be a leaf or nothing has to be that.
    guard depth == 0 || node.collapsed == nil else { throw .inconsistent(key) }
    nodes.append(key)
    for index in 0..<16 {
      let here = path.replacing(nibble: depth, with: UInt8(index))
      switch node.children[index] {
      case .none: break
      case .leaf(let leafPath, let value):
        guard (0...depth).allSatisfy({ leafPath.nibble($0) == here.nibble($0) }) else { throw .inconsistent(key) }
        leaves.append(StateTree.Change(path: leafPath, value: value))
      case .inner(let version, let digest):
        guard version <= key.version, depth + 1 < StateTree.maximumDepth else { throw .inconsistent(key) }
        let child = NodeKey(version: version, path: here, depth: depth + 1)
        guard try visit(child, path: here, depth: depth + 1) == digest else { throw .inconsistent(child) }
      }
    }
    return node.digest
  }
}
