import Sodium

/// That a leaf stands at `index` of a tree with `size` leaves (RFC 9162 §2.1.3).
///
/// The root alone does not bind `size`: compare `index` and `size` with what the signed structure says.
package struct InclusionProof: Equatable, Sendable, CBORCodable {
  package let index: UInt64
  package let size: UInt64
  /// Siblings, deepest first.
  package let path: [Digest]

  package init(index: UInt64, size: UInt64, path: [Digest]) {
    self.index = index
    self.size = size
    self.path = path
  }

  /// The root that this leaf hash implies; nil when the path has not the length that index and size demand.
  package func root<H: TreeHasher>(forLeaf hash: Digest, hasher: H.Type = LedgerTreeHasher.self) -> Digest? {
    guard index < size else { return nil }
    var position = index
    var last = size - 1
    var root = hash
    for sibling in path {
      guard last > 0 else { return nil }
      if position & 1 == 1 || position == last {
        root = H.node(sibling, root)
        // A last node without a right sibling rises unchanged until it is a right child itself.
        while position & 1 == 0 {
          position >>= 1
          last >>= 1
        }
      } else {
        root = H.node(root, sibling)
      }
      position >>= 1
      last >>= 1
    }
    return last == 0 ? root : nil
  }

  package func verifies<H: TreeHasher>(
    leaf hash: Digest, root: Digest, hasher: H.Type = LedgerTreeHasher.self
  ) -> Bool {
    self.root(forLeaf: hash, hasher: hasher) == root
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.unsigned(index)
    writer.unsigned(size)
    writer.digests(path)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    index = try reader.unsigned()
    size = try reader.unsigned()
    path = try reader.digests(upTo: 64)
    guard index < size else { throw reader.failure(.invalidValue) }
  }
}

/// That a tree of `newSize` leaves only appended to a tree of `oldSize` (RFC 9162 §2.1.4). From nothing, everything
/// follows: there is no proof for an old size of 0.
package struct ConsistencyProof: Equatable, Sendable, CBORCodable {
  package let oldSize: UInt64
  package let newSize: UInt64
  package let path: [Digest]

  package init(oldSize: UInt64, newSize: UInt64, path: [Digest]) {
    self.oldSize = oldSize
    self.newSize = newSize
    self.path = path
  }

  package func verifies<H: TreeHasher>(
    old: Digest, new: Digest, hasher: H.Type = LedgerTreeHasher.self
  ) -> Bool {
    guard oldSize > 0, oldSize <= newSize else { return false }
    if oldSize == newSize { return path.isEmpty && old == new }
    var position = oldSize - 1
    var last = newSize - 1
    // What lies left of the old tree's last perfect subtree is in both trees: climb to that subtree.
    while position & 1 == 1 {
      position >>= 1
      last >>= 1
    }
    var siblings = path[...]
    // Position 0: the old tree is perfect, and its root is the start, which the proof leaves out.
    guard let start = position == 0 ? old : siblings.popFirst() else { return false }
    var oldRoot = start
    var newRoot = start
    for sibling in siblings {
      guard last > 0 else { return false }
      if position & 1 == 1 || position == last {
        oldRoot = H.node(sibling, oldRoot)
        newRoot = H.node(sibling, newRoot)
        while position & 1 == 0, position > 0 {
          position >>= 1
          last >>= 1
        }
      } else {
        newRoot = H.node(newRoot, sibling)
      }
      position >>= 1
      last >>= 1
    }
    return last == 0 && oldRoot == old && newRoot == new
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.unsigned(oldSize)
    writer.unsigned(newSize)
    writer.digests(path)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    oldSize = try reader.unsigned()
    newSize = try reader.unsigned()
    path = try reader.digests(upTo: 65)
    guard oldSize > 0, oldSize <= newSize else { throw reader.failure(.invalidValue) }
  }
}

extension CBORWriter {
  package mutating func digests(_ digests: [Digest]) {
    array(digests.count)
    for digest in digests { self.digest(digest) }
  }
}

extension CBORReader {
  package mutating func digests(upTo bound: Int) throws(CBORError) -> [Digest] {
    let count = try array(upTo: bound)
    var digests: [Digest] = []
    for _ in 0..<count { digests.append(try digest()) }
    return digests
  }
}
