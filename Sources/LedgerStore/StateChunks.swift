import Ledger
import Sodium

extension StoreReading {
  /// The answer to a request for a part of the state, from a snapshot made when the state was that of the request's
  /// height and the tree's newest root had `rootVersion`; nil when this store does not have that subtree.
  package func stateChunk(
    _ request: StateChunkRequest, rootVersion: UInt64?
  ) throws(StorageFailure) -> StateChunkAnswer? {
    let place: StateTree.Place?
    do throws(StateTreeFailure) {
      place = try StateTree.place(
        request.prefix, digest: request.digest, root: rootVersion, reader: StoredStateTree(store: self))
    } catch {
      throw StorageFailure(.corruption, "the stored state tree is not whole: \(error)")
    }
    switch place {
    case nil: return nil
    case .leaf: return .leaves(try stateEntries(below: request.prefix, limit: .max)!)
    case .node(let digests):
      guard let entries = try stateEntries(below: request.prefix, limit: StateChunkAnswer.maximumWeight) else {
        return .node(digests)
      }
      return .leaves(entries)
    }
  }

  /// In the order of their paths; nil when they weigh more than `limit`.
  private func stateEntries(below prefix: StatePrefix, limit: Int) throws(StorageFailure) -> [StateEntry]? {
    var entries: [StateEntry] = []
    var weight = 0
    try walk(from: StoreKey.statePath(prefix.path).bytes, backwards: false, fillsCache: false) {
      bytes, key throws(StorageFailure) in
      guard case .statePath(let path) = StoreKey(bytes), prefix.contains(path) else { return .stop }
      guard let value = try get(.state(key)) else {
        throw StorageFailure(.corruption, "a key of the state has a path and no value")
      }
      entries.append(StateEntry(key: key, value: value))
      weight += entries[entries.count - 1].weight
      return weight > limit ? .stop : .on
    }
    return weight > limit ? nil : entries
  }
}

/// The nodes of the state tree in a store, or in a snapshot of it.
package struct StoredStateTree: StateTreeReader {
  private let store: any StoreReading

  package init(store: any StoreReading) { self.store = store }

  package func node(_ key: NodeKey) throws(StateTreeFailure) -> [UInt8]? {
    do throws(StorageFailure) {
      return try store.get(.treeNode(key.bytes))
    } catch {
      throw .unreadable(key)
    }
  }
}

extension Batch {
  /// What a proved chunk adds: values, their paths and tree nodes, and how far the download has come with it.
  package mutating func put(_ chunk: StateChunk, of download: StateDownload) {
    for entry in chunk.entries {
      put(.state(entry.key), entry.value)
      put(.statePath(entry.path), entry.key)
    }
    for (key, bytes) in chunk.nodes { put(.treeNode(key.bytes), bytes) }
    put(.marker(.stateDownload), download.cbor)
  }

  /// What an update of the state tree changes: the new nodes, the list of those that it made stale, and the paths of
  /// keys that came or went. `keys` has the key of each path that came.
  package mutating func put(_ update: StateTree.Update, keys: [Digest: [UInt8]]) {
    for (key, bytes) in update.newNodes { put(.treeNode(key.bytes), bytes) }
    if let version = update.rootVersion, !update.stale.isEmpty {
      put(.staleNode(version: version, []), update.stale.flatMap(\.bytes))
    }
    for path in update.inserted {
      guard let key = keys[path] else { preconditionFailure("an inserted path without its key") }
      put(.statePath(path), key)
    }
    for path in update.removed { delete(.statePath(path)) }
  }
}
