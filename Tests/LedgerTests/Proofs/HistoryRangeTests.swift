import Ledger
import Sodium
import Testing

@Suite("History range (P-2)")
struct HistoryRangeTests {
  static let leaves = (0..<70).map { Digest(.treeLeaf, of: Array("height \($0)".utf8)) }

  /// The state and the root after each count, and all nodes by position.
  struct Chain {
    var states = [HistoryRange()]
    var nodes: [Digest] = []

    init() {
      for leaf in leaves {
        var range = states[states.count - 1]
        for (position, digest) in range.append(leaf) {
          #expect(position == UInt64(nodes.count), "positions follow one another without a gap")
          nodes.append(digest)
        }
        states.append(range)
      }
    }

    func node(_ position: UInt64) -> Digest? { position < nodes.count ? nodes[Int(position)] : nil }
  }

  @Test("the root is that of the RFC 6962 tree over the same leaves, at every count")
  func rootIsMerkleRoot() {
    for (count, range) in Chain().states.enumerated() {
      #expect(range.root == MerkleTree.root(ofHashes: Self.leaves[..<count]))
      #expect(range.count == UInt64(count))
      #expect(range.peaks.count == count.nonzeroBitCount)
    }
  }

  @Test("nodes have the positions of the literature: leaves 0, 1, 3, 4, 7, 8, 10, 11, 15")
  func positions() {
    #expect((0..<9).map { HistoryRange.position(of: $0) } == [0, 1, 3, 4, 7, 8, 10, 11, 15])
  }

  @Test("the peaks stand where they were stored, at every count")
  func peakPositions() {
    let chain = Chain()
    for range in chain.states {
      let peaks = range.peakPositions
      #expect(peaks.map(\.digest) == range.peaks)
      #expect(peaks.allSatisfy { chain.node($0.position) == $0.digest })
    }
  }

  @Test("every leaf has a proof at every later count, the one the Merkle tree gives, even after the chain has grown")
  func inclusion() throws {
    let chain = Chain()
    for count in 1...Self.leaves.count {
      for index in 0..<count {
        let proof = try #require(
          HistoryRange.inclusionProof(index: UInt64(index), count: UInt64(count), node: chain.node))
        #expect(proof == MerkleTree.inclusionProof(index: index, hashes: Array(Self.leaves[..<count])))
        let root = chain.states[count].root
        func verifies(leaf: Digest = Self.leaves[index], at place: Int = index, of size: Int = count) -> Bool {
          HistoryRange.verifies(proof, leaf: leaf, index: UInt64(place), count: UInt64(size), root: root)
        }
        #expect(verifies())
        #expect(!verifies(leaf: .zero))
        #expect(!verifies(at: index + 1))
        #expect(!verifies(of: count + 1))
      }
    }
  }

  @Test("a later history proves that it continues an earlier one, and no other does")
  func consistency() throws {
    let chain = Chain()
    for new in 1...Self.leaves.count {
      for old in 1...new {
        let proof = try #require(
          HistoryRange.consistencyProof(from: UInt64(old), to: UInt64(new), node: chain.node))
        #expect(proof.verifies(old: chain.states[old].root, new: chain.states[new].root))
        #expect(!proof.verifies(old: .zero, new: chain.states[new].root))
        #expect(!proof.verifies(old: chain.states[old].root, new: .zero))
      }
    }
  }

  @Test("the history as it was at any count comes back from the stored nodes, unless one is missing")
  func asItWas() {
    let chain = Chain()
    for (count, state) in chain.states.enumerated() {
      #expect(HistoryRange(wasAt: UInt64(count), node: chain.node) == state)
    }
    #expect(HistoryRange(wasAt: 71, node: chain.node) == nil)
    #expect(HistoryRange(wasAt: .max, node: chain.node) == nil)
    #expect(HistoryRange(wasAt: 12, node: { $0 == 14 ? nil : chain.node($0) }) == nil)
  }

  @Test("there is no proof for a leaf that is not there, nor from nodes that are missing")
  func absent() {
    let chain = Chain()
    #expect(HistoryRange.inclusionProof(index: 5, count: 5, node: chain.node) == nil)
    #expect(HistoryRange.inclusionProof(index: 0, count: .max, node: chain.node) == nil)
    #expect(HistoryRange.inclusionProof(index: 5, count: 71, node: chain.node) == nil)
    #expect(HistoryRange.consistencyProof(from: 0, to: 5, node: chain.node) == nil)
    #expect(HistoryRange.consistencyProof(from: 6, to: 5, node: chain.node) == nil)
  }

  @Test("a reader's own error comes through")
  func readerError() {
    struct Unplugged: Error {}
    #expect(throws: Unplugged.self) {
      try HistoryRange.inclusionProof(index: 0, count: 2) { _ throws(Unplugged) in throw Unplugged() }
    }
  }

  @Test("a range restored from its bytes goes on as if it had never stopped")
  func restored() throws {
    let chain = Chain()
    for (count, leaf) in Self.leaves.enumerated() {
      var range = try HistoryRange(cbor: chain.states[count].cbor)
      #expect(range == chain.states[count])
      _ = range.append(leaf)
      #expect(range == chain.states[count + 1])
    }
    var writer = CBORWriter()
    writer.array(2)
    writer.unsigned(3)
    writer.array(1)
    writer.digest(.zero)
    #expect(throws: CBORError.self) { try HistoryRange(cbor: writer.bytes) }
  }
}
