import Sodium

extension StateTree {
  /// What stands at a place of a version of the tree: the sixteen digests below it, none for the only key below.
  package enum Place: Equatable, Sendable {
    case leaf
    case node([Digest])
  }

  /// Nil where nothing is, or where it is not the subtree with this digest: the version is another one.
  package static func place(
    _ prefix: StatePrefix, digest: Digest, root version: UInt64?, reader: some StateTreeReader
  ) throws(StateTreeFailure) -> Place? {
    guard let version else { return nil }
    var node = try node(.root(version: version), reader)
    if prefix.depth == 0 { return node.digest == digest ? .node(node.children.map(\.digest)) : nil }
    for depth in 0..<prefix.depth {
      let isLast = depth + 1 == prefix.depth
      let child = node.children[Int(prefix.path.nibble(depth))]
      if isLast, child.digest != digest { return nil }
      switch child {
      case .none: return nil
      case .leaf: return isLast ? .leaf : nil
      case .inner(let version, _):
        let key = NodeKey.root(version: version)
        guard depth + 1 < maximumDepth else { throw .inconsistent(key) }
        node = try self.node(NodeKey(version: version, path: prefix.path, depth: depth + 1), reader)
      }
    }
    return .node(node.children.map(\.digest))
  }

  /// The subtree that these entries, all below a place, make there; its digest and its nodes.
  static func subtree(
    of entries: [StateChunk.Entry], at depth: Int, version: UInt64
  ) throws(StateTreeFailure) -> (child: StateChild, nodes: [(key: NodeKey, bytes: [UInt8])]) {
    let changes = entries.map { Change(path: $0.path, value: digest(ofValue: $0.value)) }
    var update = StateTreeUpdate(version: version, changes: changes, reader: StateTreeMemory())
    return try update.subtree(depth: depth)
  }
}
