import Ledger
import Sodium
import Testing

@Suite("State proofs (P-4)")
struct StateProofTests {
  struct Tree {
    var memory = StateTreeMemory()
    var model = StateTreeModel()
    let root: Digest

    init(keys: Int, crowded: Bool) throws {
      for index in 0..<keys {
        model.values[StateTreeTests.path(index, crowded: crowded)] = StateTreeTests.value(UInt64(index))
      }
      let changes = model.pairs.map { StateTree.Change(path: $0.path, value: $0.value) }
      let update = try StateTree.update(root: nil, to: 1, changes: changes, reader: memory)
      memory.apply(update)
      root = update.root
    }
  }

  @Test(
    "a present key is proved with its value and with no other; an absent one is proved absent",
    arguments: [0, 1, 2, 17, 400], [false, true])
  func presentAndAbsent(keys: Int, crowded: Bool) throws {
    let tree = try Tree(keys: keys, crowded: crowded)
    let version: UInt64? = keys == 0 ? nil : 1
    for index in 0..<(keys + 60) {
      let path = StateTreeTests.path(index, crowded: index < keys && crowded)
      let (value, proof) = try StateTree.proof(root: version, path: path, reader: tree.memory)
      #expect(value == tree.model.values[path])
      #expect(StateProof.verify(proof, root: tree.root, path: path, value: value))
      #expect(!StateProof.verify(proof, root: tree.root, path: path, value: value == nil ? .zero : nil))
      #expect(!StateProof.verify(proof, root: tree.root, path: path, value: LedgerTreeHasher.empty))
      #expect(!StateProof.verify(proof, root: LedgerTreeHasher.empty, path: path, value: value))
      #expect(try StateProof(cbor: proof.cbor) == proof)
    }
  }

  @Test("a proof of one key says nothing about another unless its place is the same empty one")
  func otherKeys() throws {
    let tree = try Tree(keys: 60, crowded: true)
    let pairs = tree.model.pairs
    for pair in pairs {
      let (value, proof) = try StateTree.proof(root: 1, path: pair.path, reader: tree.memory)
      for other in pairs where other.path != pair.path {
        #expect(!StateProof.verify(proof, root: tree.root, path: other.path, value: value))
        #expect(!StateProof.verify(proof, root: tree.root, path: other.path, value: nil))
      }
    }
  }

  @Test("every altered byte of a proof, a value, a path or a root is noticed", arguments: [1, 30, 300])
  func alteredBytes(keys: Int) throws {
    let tree = try Tree(keys: keys, crowded: false)
    for index in [0, keys / 2, keys + 1, keys + 2, keys + 3] {
      let path = StateTreeTests.path(index, crowded: false)
      let (value, proof) = try StateTree.proof(root: 1, path: path, reader: tree.memory)
      let bytes = proof.cbor
      for place in bytes.indices {
        for flip in [0x01, 0x80, 0xff] as [UInt8] {
          var altered = bytes
          altered[place] ^= flip
          if let proof = try? StateProof(cbor: altered) {
            #expect(!StateProof.verify(proof, root: tree.root, path: path, value: value), "byte \(place)")
          }
        }
      }
      for place in 0..<Digest.size {
        func flipped(_ digest: Digest) -> Digest {
          var bytes = digest.bytes
          bytes[place] ^= 1
          return Digest(bytes)!
        }
        if let value { #expect(!StateProof.verify(proof, root: tree.root, path: path, value: flipped(value))) }
        if value != nil { #expect(!StateProof.verify(proof, root: tree.root, path: flipped(path), value: value)) }
        #expect(!StateProof.verify(proof, root: flipped(tree.root), path: path, value: value))
      }
    }
  }

  @Test("a proof is read only if its length is possible and it spells no zero out")
  func bounded() throws {
    let tree = try Tree(keys: 30, crowded: false)
    let path = StateTreeTests.path(3, crowded: false)
    let bytes = try StateTree.proof(root: 1, path: path, reader: tree.memory).proof.cbor
    for count in bytes.indices {
      #expect(throws: CBORError.self) { try StateProof(cbor: Array(bytes.prefix(count))) }
    }
    func proof(steps: Int, mask: UInt64, bytes: [UInt8]) -> [UInt8] {
      var writer = CBORWriter()
      writer.array(2)
      writer.array(steps)
      for _ in 0..<steps {
        writer.array(2)
        writer.unsigned(mask)
        writer.bytes(bytes)
      }
      writer.null()
      return writer.bytes
    }
    let one = [UInt8](repeating: 1, count: 32)
    let deepest = try StateProof(cbor: proof(steps: 64, mask: 1, bytes: one))
    #expect(!StateProof.verify(deepest, root: tree.root, path: path, value: nil))
    #expect(throws: CBORError.self) { try StateProof(cbor: proof(steps: 65, mask: 1, bytes: one)) }
    #expect(throws: CBORError.self) { try StateProof(cbor: proof(steps: 1, mask: 64, bytes: one)) }
    #expect(throws: CBORError.self) { try StateProof(cbor: proof(steps: 1, mask: 3, bytes: one)) }
    #expect(throws: CBORError.self) {
      try StateProof(cbor: proof(steps: 1, mask: 1, bytes: [UInt8](repeating: 0, count: 32)))
    }
  }

  @Test("steps without any sibling prove no emptiness")
  func emptySteps() throws {
    let proof = try StateProof(cbor: [0x82, 0x81, 0x82, 0x00, 0x40, 0xf6])
    #expect(!StateProof.verify(proof, root: StateTree.emptyRoot, path: .zero, value: nil))
  }

  @Test("a present key's own leaf does not prove it absent")
  func ownLeaf() throws {
    let tree = try Tree(keys: 40, crowded: false)
    for pair in tree.model.pairs {
      let proof = try StateTree.proof(root: 1, path: pair.path, reader: tree.memory).proof
      let forged = try StateProof(cbor: withOther(pair.path, pair.value, in: proof.cbor))
      #expect(!StateProof.verify(forged, root: tree.root, path: pair.path, value: nil))
      #expect(!StateProof.verify(forged, root: tree.root, path: pair.path, value: pair.value))
    }
  }

  @Test("a leaf proves another key absent only from a place on that key's path")
  func misplacedLeaf() throws {
    let path = StateTreeTests.path(0, crowded: true)
    var elsewhere = path.bytes
    elsewhere[0] ^= 0x10
    let steps: [UInt8] = [0x82, 0x81, 0x82, 0x00, 0x40, 0xf6]
    // The root of a tree that holds a leaf where `path` leads.
    func root(leaf: Digest) -> Digest {
      func four(_ digest: Digest, at place: Int) -> Digest {
        var four = [Digest](repeating: .zero, count: 4)
        four[place] = digest
        return Digest(.stateNode, of: four.flatMap(\.bytes))
      }
      let nibble = Int(path.nibble(0))
      return four(four(Digest(.stateLeaf, of: leaf, .zero), at: nibble % 4), at: nibble / 4)
    }
    var beside = path.bytes
    beside[31] ^= 1
    for (other, isProof) in [(try #require(Digest(beside)), true), (try #require(Digest(elsewhere)), false)] {
      let proof = try StateProof(cbor: withOther(other, .zero, in: steps))
      #expect(StateProof.verify(proof, root: root(leaf: other), path: path, value: nil) == isProof)
    }
  }

  /// A proof that ends in `null`, with a leaf put in its place.
  private func withOther(_ path: Digest, _ value: Digest, in bytes: [UInt8]) -> [UInt8] {
    precondition(bytes.last == 0xf6)
    var writer = CBORWriter()
    writer.array(2)
    writer.digest(path)
    writer.digest(value)
    return bytes.dropLast() + writer.bytes
  }
}
