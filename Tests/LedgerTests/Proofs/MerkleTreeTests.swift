import Foundation
import Ledger
import Sodium
import Testing

/// RFC 6962 as it is written, for vectors that others made.
enum SHA256TreeHasher: TreeHasher {
  static let empty = sha256([])
  static func leaf(_ bytes: [UInt8]) -> Digest { sha256([0] + bytes) }
  static func node(_ left: Digest, _ right: Digest) -> Digest { sha256([1] + left.bytes + right.bytes) }
}

@Suite("Merkle tree (RFC 6962)")
struct MerkleTreeTests {
  /// MTH, PATH and PROOF exactly as RFC 6962 §2.1 defines them.
  enum Definition {
    static func split(_ count: Int) -> Int {
      var k = 1
      while k * 2 < count { k *= 2 }
      return k
    }

    static func root(_ d: [Digest]) -> Digest {
      if d.isEmpty { return LedgerTreeHasher.empty }
      if d.count == 1 { return d[0] }
      let k = split(d.count)
      return LedgerTreeHasher.node(root(Array(d[..<k])), root(Array(d[k...])))
    }

    static func path(_ m: Int, _ d: [Digest]) -> [Digest] {
      if d.count == 1 { return [] }
      let k = split(d.count)
      return m < k
        ? path(m, Array(d[..<k])) + [root(Array(d[k...]))]
        : path(m - k, Array(d[k...])) + [root(Array(d[..<k]))]
    }

    static func proof(_ m: Int, _ d: [Digest], whole: Bool = true) -> [Digest] {
      if m == d.count { return whole ? [] : [root(d)] }
      let k = split(d.count)
      return m <= k
        ? proof(m, Array(d[..<k]), whole: whole) + [root(Array(d[k...]))]
        : proof(m - k, Array(d[k...]), whole: false) + [root(Array(d[..<k]))]
    }
  }

  static func leaves(_ count: Int) -> [[UInt8]] { (0..<count).map { Array("leaf \($0)".utf8) } }
  static func hashes(_ count: Int) -> [Digest] { leaves(count).map(LedgerTreeHasher.leaf) }

  @Test("roots, paths and consistency proofs are those of the RFC's recursive definition", arguments: 0...33)
  func definition(size: Int) throws {
    let hashes = Self.hashes(size)
    #expect(MerkleTree.root(of: Self.leaves(size)) == Definition.root(hashes))
    #expect(MerkleTree.inclusionProof(index: size, hashes: hashes) == nil)
    for index in 0..<size {
      let proof = try #require(MerkleTree.inclusionProof(index: index, leaves: Self.leaves(size)))
      #expect(proof.path == Definition.path(index, hashes))
      #expect(proof.root(forLeaf: hashes[index]) == Definition.root(hashes))
    }
    #expect(MerkleTree.consistencyProof(from: 0, hashes: hashes) == nil)
    #expect(MerkleTree.consistencyProof(from: size + 1, hashes: hashes) == nil)
    for old in 0..<size {
      let proof = try #require(MerkleTree.consistencyProof(from: old + 1, hashes: hashes))
      #expect(proof.path == Definition.proof(old + 1, hashes))
      #expect(proof.verifies(old: Definition.root(Array(hashes[...old])), new: Definition.root(hashes)))
    }
  }

  @Test("the RFC's own test tree: eight leaves with SHA-256")
  func rfcTree() {
    let leaves: [[UInt8]] = [
      [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
      Array(0x50...0x57), Array(0x60...0x6f),
    ]
    let roots = [
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    ]
    #expect(MerkleTree.root(of: [], hasher: SHA256TreeHasher.self).description == roots[0])
    #expect(MerkleTree.root(of: [leaves[0]], hasher: SHA256TreeHasher.self).description == roots[1])
    #expect(
      MerkleTree.root(of: leaves, hasher: SHA256TreeHasher.self).description
        == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
  }

  @Test("an altered proof, leaf or index is refused", arguments: [1, 2, 3, 7, 8, 21])
  func altered(size: Int) throws {
    let hashes = Self.hashes(size)
    let root = MerkleTree.root(of: Self.leaves(size))
    for index in 0..<size {
      let proof = try #require(MerkleTree.inclusionProof(index: index, hashes: hashes))
      #expect(proof.verifies(leaf: hashes[index], root: root))
      #expect(!proof.verifies(leaf: LedgerTreeHasher.leaf([]), root: root))
      func verifies(index other: UInt64 = proof.index, path: [Digest] = proof.path) -> Bool {
        InclusionProof(index: other, size: proof.size, path: path).verifies(leaf: hashes[index], root: root)
      }
      for other in 0..<size where other != index { #expect(!verifies(index: UInt64(other))) }
      #expect(!verifies(path: proof.path + [root]))
      for place in proof.path.indices {
        var path = proof.path
        path[place] = LedgerTreeHasher.leaf([UInt8(place)])
        #expect(!verifies(path: path))
      }
    }
  }

  @Test("proofs survive their encoding, and no truncation or impossible index is read")
  func encoding() throws {
    let hashes = Self.hashes(11)
    let inclusion = try #require(MerkleTree.inclusionProof(index: 6, hashes: hashes))
    #expect(try InclusionProof(cbor: inclusion.cbor) == inclusion)
    let consistency = try #require(MerkleTree.consistencyProof(from: 6, hashes: hashes))
    #expect(try ConsistencyProof(cbor: consistency.cbor) == consistency)
    for count in 0..<inclusion.cbor.count {
      #expect(throws: CBORError.self) { try InclusionProof(cbor: Array(inclusion.cbor.prefix(count))) }
    }
    #expect(throws: CBORError.self) { try InclusionProof(cbor: InclusionProof(index: 3, size: 3, path: []).cbor) }
    #expect(throws: CBORError.self) {
      try InclusionProof(cbor: InclusionProof(index: 0, size: 2, path: Array(repeating: .zero, count: 65)).cbor)
    }
    #expect(throws: CBORError.self) {
      try ConsistencyProof(cbor: ConsistencyProof(oldSize: 0, newSize: 3, path: []).cbor)
    }
  }

  @Test("sizes that no tree has end without a trap or a long loop")
  func extremeSizes() {
    for (index, size) in [(UInt64.max - 1, UInt64.max), (0, .max), (.max, .max), (1 << 63, .max)] {
      let path = [Digest](repeating: .zero, count: 64)
      #expect(InclusionProof(index: index, size: size, path: path).root(forLeaf: .zero) != .zero)
      #expect(!ConsistencyProof(oldSize: index, newSize: size, path: path).verifies(old: .zero, new: .zero))
    }
  }
}

/// The cases of transparency-dev/merkle; needs the shared test data.
@Suite("Merkle proofs against the vectors of transparency-dev", .enabled(if: TestData.isPresent))
struct MerkleVectorTests {
  struct Inclusion: Decodable {
    let leafIdx: UInt64
    let treeSize: UInt64
    let root: Data?
    let leafHash: Data?
    let proof: [Data]?
    let wantErr: Bool

    var isAccepted: Bool {
      guard let root = Digest(root ?? Data()), let leaf = Digest(leafHash ?? Data()), let path = digests(proof) else {
        return false
      }
      return InclusionProof(index: leafIdx, size: treeSize, path: path)
        .verifies(leaf: leaf, root: root, hasher: SHA256TreeHasher.self)
    }
  }

  struct Consistency: Decodable {
    let size1: UInt64
    let size2: UInt64
    let root1: Data?
    let root2: Data?
    let proof: [Data]?
    let wantErr: Bool

    var isAccepted: Bool {
      guard let path = digests(proof) else { return false }
      // Some cases have roots of another length that matter only as equal or not: a hash stands for them.
      let roots = [root1, root2].map { Digest($0 ?? Data()) ?? sha256(Array($0 ?? Data())) }
      return ConsistencyProof(oldSize: size1, newSize: size2, path: path)
        .verifies(old: roots[0], new: roots[1], hasher: SHA256TreeHasher.self)
    }
  }

  @Test("inclusion: every verdict is the expected one")
  func inclusion() throws {
    var verdicts = [true: 0, false: 0]
    for file in TestData.files(under: "merkle/transparency-dev/testdata/inclusion") {
      let vector = try JSONDecoder().decode(Inclusion.self, from: Data(contentsOf: file))
      #expect(vector.isAccepted == !vector.wantErr, "\(file.lastPathComponent)")
      verdicts[vector.isAccepted, default: 0] += 1
    }
    #expect(verdicts == [true: 6, false: 92])
  }

  @Test("consistency: every verdict is the expected one")
  func consistency() throws {
    var verdicts = [true: 0, false: 0]
    for file in TestData.files(under: "merkle/transparency-dev/testdata/consistency") {
      let vector = try JSONDecoder().decode(Consistency.self, from: Data(contentsOf: file))
      #expect(vector.isAccepted == !vector.wantErr, "\(file.lastPathComponent)")
      verdicts[vector.isAccepted, default: 0] += 1
    }
    #expect(verdicts == [true: 6, false: 92])
  }
}

private func digests(_ proof: [Data]?) -> [Digest]? {
  let digests = (proof ?? []).compactMap { Digest($0) }
  return digests.count == (proof ?? []).count ? digests : nil
}
