import Sodium

/// The authenticated map of the state: a radix-16 Jellyfish Merkle tree over hashed keys.
///
/// A key's path is its hash, so nobody chooses where a key lands cheaply. A subtree with one key is that leaf,
/// whatever its depth; every version's tree is the one tree of its keys and values, in whatever order they came.
/// The root is always a node, written anew, at path "" and the new version, by every version that changes
/// something; the caller remembers the latest such version.
///
/// Pure: nodes are read through `StateTreeReader`, and what is to be written is returned.
package enum StateTree {
  /// The root of a tree without keys.
  package static let emptyRoot = Digest.zero
  /// Nibbles of a path; no node is as deep as that.
  static let maximumDepth = 2 * Digest.size

  package static func path(ofKey key: [UInt8]) -> Digest { Digest(.stateKey, of: key) }
  package static func digest(ofValue value: [UInt8]) -> Digest { Digest(.stateValue, of: value) }

  /// One key's new value digest, or nil to remove it.
  package struct Change: Equatable, Sendable {
    package let path: Digest
    package let value: Digest?

    package init(path: Digest, value: Digest?) {
      self.path = path
      self.value = value
    }
  }

  /// What one version changes.
  package struct Update: Sendable {
    /// Deepest first within each path; the root last.
    package let newNodes: [(key: NodeKey, bytes: [UInt8])]
    /// Nodes that the old version reaches and the new one does not: to be deleted once no old version is needed.
    package let stale: [NodeKey]
    /// The paths that the old version does not have, ascending.
    package let inserted: [Digest]
    /// The paths that the new version does not have, ascending.
    package let removed: [Digest]
    package let root: Digest
    /// The version of the root node; the old one when nothing changed, nil while the tree was never written.
    package let rootVersion: UInt64?
  }

  /// The root digest of a version; `version` is nil for a tree that was never written.
  package static func root(version: UInt64?, reader: some StateTreeReader) throws(StateTreeFailure) -> Digest {
    guard let version else { return emptyRoot }
    return try node(.root(version: version), reader).digest
  }

  /// Makes `version` out of the version `root` (nil: the empty tree).
  ///
  /// `changes` ascend by path without repetition. Each node on a changed path is read, hashed and written once
  /// however many keys it leads to. Changes that change nothing write nothing.
  package static func update(
    root: UInt64?, to version: UInt64, changes: [Change], reader: some StateTreeReader
  ) throws(StateTreeFailure) -> Update {
    var update = StateTreeUpdate(version: version, changes: changes, reader: reader)
    return try update.run(from: root)
  }

  static func node(_ key: NodeKey, _ reader: any StateTreeReader) throws(StateTreeFailure) -> StateNode {
    guard let bytes = try reader.node(key) else { throw .missing(key) }
    guard let node = StateNode(bytes) else { throw .malformed(key) }
    return node
  }
}

/// Where nodes come from: a database, a snapshot of it, or memory.
package protocol StateTreeReader {
  /// Nil when no such node is stored; `unreadable` when the storage could not tell.
  func node(_ key: NodeKey) throws(StateTreeFailure) -> [UInt8]?
}

/// None of these is caused by a document: the storage is damaged or the caller is wrong, and the node has to stop.
package enum StateTreeFailure: Error, Equatable, Sendable {
  case missing(NodeKey)
  case malformed(NodeKey)
  /// Nodes that are well-formed but do not make the tree that their parent's digest promises.
  case inconsistent(NodeKey)
  case unreadable(NodeKey)
  /// Changes must ascend by path, each path once.
  case changesNotSorted
  /// A version must be above the one it is made from.
  case versionNotAscending
}

/// All nodes in memory: for audits, state sync and tests.
package struct StateTreeMemory: StateTreeReader, Equatable, Sendable {
  package private(set) var nodes: [NodeKey: [UInt8]] = [:]

  package init() {}

  package func node(_ key: NodeKey) -> [UInt8]? { nodes[key] }

  /// With `pruning`, the version before is gone afterwards.
  package mutating func apply(_ update: StateTree.Update, pruning: Bool = false) {
    for (key, bytes) in update.newNodes { nodes[key] = bytes }
    if pruning { for key in update.stale { nodes[key] = nil } }
  }
}
