import Sodium

/// The three hash functions of an RFC 6962 tree. A leaf must never hash like a node.
package protocol TreeHasher: Sendable {
  static var empty: Digest { get }
  static func leaf(_ bytes: [UInt8]) -> Digest
  static func node(_ left: Digest, _ right: Digest) -> Digest
}

/// The ledger's trees. Domains take the place of RFC 6962's prefix bytes 0x00 and 0x01.
package enum LedgerTreeHasher: TreeHasher {
  /// In the nodes' domain, where every other input has 64 bytes: no leaf, not even an empty one, hashes to it.
  package static let empty = Digest(.treeNode, of: [])
  package static func leaf(_ bytes: [UInt8]) -> Digest { Digest(.treeLeaf, of: bytes) }
  package static func node(_ left: Digest, _ right: Digest) -> Digest { Digest(.treeNode, of: left, right) }
}

/// The Merkle tree of RFC 6962 §2.1 over an ordered list.
package enum MerkleTree {
  package static func root<H: TreeHasher>(of leaves: [[UInt8]], hasher: H.Type = LedgerTreeHasher.self) -> Digest {
    root(ofHashes: leaves.map { H.leaf($0) }[...], hasher: hasher)
  }

  /// The root over a run of leaves that are already hashed.
  package static func root<H: TreeHasher>(
    ofHashes hashes: ArraySlice<Digest>, hasher: H.Type = LedgerTreeHasher.self
  ) -> Digest {
    var peaks: [Digest] = []
    for (count, hash) in hashes.enumerated() {
      var merged = hash
      // As many perfect trees end here as the count has trailing ones.
      for _ in 0..<(~count).trailingZeroBitCount { merged = H.node(peaks.removeLast(), merged) }
      peaks.append(merged)
    }
    return fold(peaks, hasher: hasher)
  }

  /// Perfect trees, largest first, become one: each is the left side of all that follow it. This is RFC 6962's
  /// split at the largest power of two, read from the right.
  static func fold<H: TreeHasher>(_ peaks: [Digest], hasher: H.Type) -> Digest {
    guard var root = peaks.last else { return H.empty }
    for peak in peaks.dropLast().reversed() { root = H.node(peak, root) }
    return root
  }

  /// Nil when there is no leaf at `index`.
  package static func inclusionProof<H: TreeHasher>(
    index: Int, leaves: [[UInt8]], hasher: H.Type = LedgerTreeHasher.self
  ) -> InclusionProof? {
    inclusionProof(index: index, hashes: leaves.map { H.leaf($0) }, hasher: hasher)
  }

  package static func inclusionProof<H: TreeHasher>(
    index: Int, hashes: [Digest], hasher: H.Type = LedgerTreeHasher.self
  ) -> InclusionProof? {
    guard hashes.indices.contains(index) else { return nil }
    let ranges = inclusionRanges(index: UInt64(index), size: UInt64(hashes.count))
    return InclusionProof(
      index: UInt64(index), size: UInt64(hashes.count),
      path: ranges.map { root(ofHashes: hashes[Int($0.lowerBound)..<Int($0.upperBound)], hasher: hasher) })
  }

  /// That the first `oldSize` leaves are the whole of an older tree. Nil unless 0 < oldSize ≤ count.
  package static func consistencyProof<H: TreeHasher>(
    from oldSize: Int, hashes: [Digest], hasher: H.Type = LedgerTreeHasher.self
  ) -> ConsistencyProof? {
    guard oldSize > 0, oldSize <= hashes.count else { return nil }
    let ranges = consistencyRanges(from: UInt64(oldSize), to: UInt64(hashes.count))
    return ConsistencyProof(
      oldSize: UInt64(oldSize), newSize: UInt64(hashes.count),
      path: ranges.map { root(ofHashes: hashes[Int($0.lowerBound)..<Int($0.upperBound)], hasher: hasher) })
  }
}

extension MerkleTree {
  /// The leaves under each digest of PATH(index, D[size]) (RFC 6962 §2.1.1), deepest first: where the digests come
  /// from, memory or storage, is the caller's matter.
  static func inclusionRanges(index: UInt64, size: UInt64) -> [Range<UInt64>] {
    var ranges: [Range<UInt64>] = []
    var tree = 0..<size
    while tree.count > 1 {
      let (left, right) = split(tree)
      let goesLeft = index < left.upperBound
      ranges.append(goesLeft ? right : left)
      tree = goesLeft ? left : right
    }
    return ranges.reversed()
  }

  /// The leaves under each digest of PROOF(old, D[new]) (RFC 6962 §2.1.2), deepest first.
  static func consistencyRanges(from old: UInt64, to new: UInt64) -> [Range<UInt64>] {
    var ranges: [Range<UInt64>] = []
    var tree = 0..<new
    while tree.upperBound != old {
      let (left, right) = split(tree)
      let goesLeft = old <= left.upperBound
      ranges.append(goesLeft ? right : left)
      tree = goesLeft ? left : right
    }
    // The verifier has the old root: the tree that ends at it is named unless it is that whole tree.
    if tree.lowerBound != 0 { ranges.append(tree) }
    return ranges.reversed()
  }

  private static func split(_ tree: Range<UInt64>) -> (Range<UInt64>, Range<UInt64>) {
    let last = tree.upperBound - tree.lowerBound - 1
    let middle = tree.lowerBound + 1 << UInt64(63 - last.leadingZeroBitCount)
    return (tree.lowerBound..<middle, middle..<tree.upperBound)
  }
}
