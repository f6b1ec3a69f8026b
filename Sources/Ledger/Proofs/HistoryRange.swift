import Sodium

/// The chain's history as a Merkle mountain range: append-only, a few digests in memory, every other node stored by
/// the caller.
///
/// Leaf h commits to what height h fixed. Nodes are numbered in the order in which they become complete (postorder,
/// from 0), the usual MMR numbering: after n leaves there are 2n − popcount(n) nodes, leaf i is node 2i −
/// popcount(i), and a perfect tree of height g that ends with leaf i is node 2i − popcount(i) + g. No node ever
/// changes.
///
/// Bagging: peaks are folded from the right, node(p1, node(p2, … pk)). That is RFC 6962's tree over the same
/// leaves, so `InclusionProof` and `ConsistencyProof` and their verifiers serve histories too. The root does not
/// bind the count: a verifier takes the count from the header (the executed height + 1), never from the proof.
package struct HistoryRange: Equatable, Sendable, CBORCodable {
  package private(set) var count: UInt64
  /// The roots of the perfect trees, largest first: one for each set bit of the count.
  package private(set) var peaks: [Digest]

  /// More heights than any chain reaches; keeps arithmetic on outside counts from overflowing.
  package static let maximumCount: UInt64 = 1 << 48

  package init() {
    count = 0
    peaks = []
  }

  /// The history as it was at `count` leaves, from nodes stored then; nil when one is not there.
  package init?<E: Error>(wasAt count: UInt64, node: (UInt64) throws(E) -> Digest?) throws(E) {
    guard count <= HistoryRange.maximumCount,
      let peaks = try HistoryRange.peaks(of: 0..<count, node: node)
    else { return nil }
    self.count = count
    self.peaks = peaks
  }

  package var root: Digest { MerkleTree.fold(peaks, hasher: LedgerTreeHasher.self) }

  /// Where its peaks are stored.
  package var peakPositions: [(position: UInt64, digest: Digest)] {
    var end: UInt64 = 0
    return peaks.map { peak in
      let height = UInt64(63 - (count - end).leadingZeroBitCount)
      end += 1 << height
      return (HistoryRange.position(of: end - 1) + height, peak)
    }
  }

  /// Nodes that are now complete and that the caller stores, the leaf first; their positions follow those stored
  /// before.
  package mutating func append(_ leaf: Digest) -> [(position: UInt64, digest: Digest)] {
    precondition(count < HistoryRange.maximumCount)
    var position = HistoryRange.position(of: count)
    var digest = leaf
    var nodes = [(position: position, digest: digest)]
    for _ in 0..<(~count).trailingZeroBitCount {
      digest = LedgerTreeHasher.node(peaks.removeLast(), digest)
      position += 1
      nodes.append((position, digest))
    }
    peaks.append(digest)
    count += 1
    return nodes
  }

  /// Where leaf `index` is stored.
  package static func position(of index: UInt64) -> UInt64 {
    2 * index - UInt64(index.nonzeroBitCount)
  }

  /// Proves leaf `index` against the root as it was at `count` leaves, from nodes stored then or later. Nil when
  /// there is no such leaf, or a node is not there.
  package static func inclusionProof<E: Error>(
    index: UInt64, count: UInt64, node: (UInt64) throws(E) -> Digest?
  ) throws(E) -> InclusionProof? {
    guard index < count, count <= maximumCount else { return nil }
    let ranges = MerkleTree.inclusionRanges(index: index, size: count)
    guard let path = try digests(of: ranges, node: node) else { return nil }
    return InclusionProof(index: index, size: count, path: path)
  }

  /// Proves that the history of `count` leaves continues that of `oldCount`.
  package static func consistencyProof<E: Error>(
    from oldCount: UInt64, to count: UInt64, node: (UInt64) throws(E) -> Digest?
  ) throws(E) -> ConsistencyProof? {
    guard oldCount > 0, oldCount <= count, count <= maximumCount else { return nil }
    let ranges = MerkleTree.consistencyRanges(from: oldCount, to: count)
    guard let path = try digests(of: ranges, node: node) else { return nil }
    return ConsistencyProof(oldSize: oldCount, newSize: count, path: path)
  }

  /// P-2: leaf `index` is in the history of `count` leaves with this root. The three come from a certified header.
  package static func verifies(
    _ proof: InclusionProof, leaf: Digest, index: UInt64, count: UInt64, root: Digest
  ) -> Bool {
    proof.index == index && proof.size == count && proof.verifies(leaf: leaf, root: root)
  }

  /// The root of each range of leaves, folded from the perfect trees that are stored for it.
  private static func digests<E: Error>(
    of ranges: [Range<UInt64>], node: (UInt64) throws(E) -> Digest?
  ) throws(E) -> [Digest]? {
    var digests: [Digest] = []
    for range in ranges {
      guard let peaks = try peaks(of: range, node: node) else { return nil }
      digests.append(MerkleTree.fold(peaks, hasher: LedgerTreeHasher.self))
    }
    return digests
  }

  /// The perfect trees over a range that starts at a multiple of its largest power of two, largest first.
  private static func peaks<E: Error>(
    of range: Range<UInt64>, node: (UInt64) throws(E) -> Digest?
  ) throws(E) -> [Digest]? {
    var peaks: [Digest] = []
    var start = range.lowerBound
    while start < range.upperBound {
      let height = UInt64(63 - (range.upperBound - start).leadingZeroBitCount)
      start += 1 << height
      guard let peak = try node(position(of: start - 1) + height) else { return nil }
      peaks.append(peak)
    }
    return peaks
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.unsigned(count)
    writer.digests(peaks)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    count = try reader.unsigned(upTo: HistoryRange.maximumCount)
    peaks = try reader.digests(upTo: 64)
    guard peaks.count == count.nonzeroBitCount else { throw reader.failure(.invalidValue) }
  }
}
