import Ledger
import Sodium
import Testing

@Suite("State tree")
struct StateTreeTests {
  /// A path as hashes make them, or one crafted to share its first nibbles with others.
  static func path(_ index: Int, crowded: Bool) -> Digest {
    guard crowded else { return StateTree.path(ofKey: Array("key \(index)".utf8)) }
    var bytes = [UInt8](repeating: 0xab, count: 32)
    bytes[31] = UInt8(index & 0xff)
    bytes[index % 5] = UInt8(index % 3)
    return Digest(bytes)!
  }

  static func value(_ index: UInt64) -> Digest { StateTree.digest(ofValue: Array("value \(index)".utf8)) }

  static func batch(_ generator: inout SeededGenerator, size: Int, keys: Int, crowded: Bool) -> [StateTree.Change] {
    var changes: [Digest: Digest?] = [:]
    for _ in 0..<size {
      let path = path(Int.random(in: 0..<keys, using: &generator), crowded: crowded)
      let isRemoval = UInt8.random(in: 0..<10, using: &generator) < 4
      changes[path] = .some(isRemoval ? nil : value(UInt64.random(in: 0..<50, using: &generator)))
    }
    return changes.map { StateTree.Change(path: $0.key, value: $0.value) }.sorted { $0.path < $1.path }
  }

  @Test(
    "random histories have the root of the model, reachable and stale nodes part exactly, and nothing else is written",
    arguments: 0..<6, [(4, 12, true), (1, 6, false), (40, 300, false), (60, 200, true)])
  func histories(seed: Int, shape: (size: Int, keys: Int, crowded: Bool)) throws {
    var generator = SeededGenerator(state: UInt64(seed))
    var model = StateTreeModel()
    var archive = StateTreeMemory()
    var pruned = StateTreeMemory()
    var rootVersion: UInt64?
    for height in 1...25 as ClosedRange<UInt64> {
      var changes = Self.batch(&generator, size: shape.size, keys: shape.keys, crowded: shape.crowded)
      // Now and then everything goes.
      if height % 9 == 0 { changes = model.pairs.map { StateTree.Change(path: $0.path, value: nil) } }
      let before = try StateTree.audit(root: rootVersion, reader: archive)
      let update = try StateTree.update(root: rootVersion, to: height, changes: changes, reader: pruned)
      model.apply(changes)
      archive.apply(update)
      pruned.apply(update, pruning: true)
      let after = try StateTree.audit(root: update.rootVersion, reader: archive)

      #expect(update.root == model.root)
      #expect(after.root == model.root)
      #expect(after.leaves.map(\.path) == model.pairs.map(\.path))
      #expect(after.leaves.map(\.value) == model.pairs.map(\.value))
      #expect(Set(update.stale) == Set(before.nodes).subtracting(after.nodes))
      #expect(Set(update.stale).count == update.stale.count)
      let (old, new) = (Set(before.leaves.map(\.path)), Set(after.leaves.map(\.path)))
      #expect(update.inserted == new.subtracting(old).sorted())
      #expect(update.removed == old.subtracting(new).sorted())
      #expect(Set(update.newNodes.map(\.key)) == Set(after.nodes).subtracting(before.nodes))
      #expect(Set(pruned.nodes.keys) == Set(after.nodes))
      #expect(try StateTree.root(version: update.rootVersion, reader: pruned) == update.root)
      #expect(update.rootVersion == (update.root == before.root ? rootVersion : height))
      rootVersion = update.rootVersion
    }
  }

  @Test("the order in which keys came does not show: one by one, at once, or by way of others that went again")
  func orderIndependence() throws {
    var generator = SeededGenerator(state: 7)
    let changes = (0..<200).map {
      StateTree.Change(path: Self.path($0, crowded: $0 % 2 == 0), value: Self.value(UInt64($0)))
    }
    let sorted = Dictionary(changes.map { ($0.path, $0) }) { $1 }.values.sorted { $0.path < $1.path }
    let atOnce = try StateTree.update(root: nil, to: 1, changes: sorted, reader: StateTreeMemory()).root

    var memory = StateTreeMemory()
    var root: UInt64?
    func apply(_ changes: [StateTree.Change], at height: UInt64) throws -> Digest {
      let update = try StateTree.update(root: root, to: height, changes: changes, reader: memory)
      memory.apply(update, pruning: true)
      root = update.rootVersion
      return update.root
    }
    var height: UInt64 = 0
    let strangers = (1000..<1100).map { StateTree.Change(path: Self.path($0, crowded: false), value: .zero) }
    for change in strangers.shuffled(using: &generator) + sorted.shuffled(using: &generator) {
      height += 1
      _ = try apply([change], at: height)
    }
    let removals = strangers.map { StateTree.Change(path: $0.path, value: nil) }.sorted { $0.path < $1.path }
    #expect(try apply(removals, at: height + 1) == atOnce)
  }

  @Test("a tree from which everything went is the empty tree")
  func emptied() throws {
    var memory = StateTreeMemory()
    #expect(try StateTree.root(version: nil, reader: memory) == StateTree.emptyRoot)
    let path = Self.path(1, crowded: false)
    memory.apply(try StateTree.update(root: nil, to: 1, changes: [.init(path: path, value: .zero)], reader: memory))
    #expect(try StateTree.root(version: 1, reader: memory) != StateTree.emptyRoot)
    let update = try StateTree.update(root: 1, to: 2, changes: [.init(path: path, value: nil)], reader: memory)
    memory.apply(update, pruning: true)
    #expect(update.root == StateTree.emptyRoot)
    let (value, proof) = try StateTree.proof(root: 2, path: path, reader: memory)
    #expect(value == nil)
    #expect(StateProof.verify(proof, root: StateTree.emptyRoot, path: path, value: nil))
  }

  @Test("changes that change nothing write nothing and keep the version")
  func unchanged() throws {
    var memory = StateTreeMemory()
    let changes = (0..<40).map { StateTree.Change(path: Self.path($0, crowded: false), value: Self.value(UInt64($0))) }
      .sorted { $0.path < $1.path }
    memory.apply(try StateTree.update(root: nil, to: 5, changes: changes, reader: memory))
    let absent = StateTree.Change(path: Self.path(99, crowded: false), value: nil)
    for same in [[], changes, [absent]] {
      let update = try StateTree.update(root: 5, to: 6, changes: same, reader: memory)
      #expect(update.newNodes.isEmpty)
      #expect(update.stale.isEmpty)
      #expect(update.rootVersion == 5)
      #expect(try update.root == StateTree.root(version: 5, reader: memory))
    }
    #expect(try StateTree.update(root: nil, to: 1, changes: [absent], reader: memory).rootVersion == nil)
  }

  @Test("an old version can be read and proved while its nodes are kept")
  func oldVersions() throws {
    var memory = StateTreeMemory()
    var roots: [Digest] = []
    let path = Self.path(3, crowded: false)
    for height in 0..<20 as Range<UInt64> {
      let changes = [
        StateTree.Change(path: path, value: Self.value(height)),
        StateTree.Change(path: Self.path(Int(height) + 10, crowded: false), value: .zero),
      ].sorted { $0.path < $1.path }
      let update = try StateTree.update(
        root: height == 0 ? nil : height, to: height + 1, changes: changes, reader: memory)
      memory.apply(update)
      roots.append(update.root)
    }
    for height in 0..<20 as Range<UInt64> {
      let (value, proof) = try StateTree.proof(root: height + 1, path: path, reader: memory)
      #expect(value == Self.value(height))
      #expect(StateProof.verify(proof, root: roots[Int(height)], path: path, value: value))
    }
  }

  @Test("a caller's mistakes and a damaged store are failures, not wrong roots")
  func failures() throws {
    var memory = StateTreeMemory()
    let changes = (0..<300).map { StateTree.Change(path: Self.path($0, crowded: false), value: Self.value(UInt64($0))) }
      .sorted { $0.path < $1.path }
    let update = try StateTree.update(root: nil, to: 1, changes: changes, reader: memory)
    memory.apply(update)
    #expect(throws: StateTreeFailure.changesNotSorted) {
      try StateTree.update(root: 1, to: 2, changes: changes.reversed(), reader: memory)
    }
    #expect(throws: StateTreeFailure.changesNotSorted) {
      try StateTree.update(root: 1, to: 2, changes: [changes[0], changes[0]], reader: memory)
    }
    #expect(throws: StateTreeFailure.versionNotAscending) {
      try StateTree.update(root: 1, to: 1, changes: changes, reader: memory)
    }
    #expect(throws: StateTreeFailure.missing(.root(version: 9))) {
      try StateTree.update(root: 9, to: 10, changes: changes, reader: memory)
    }
    for (key, bytes) in update.newNodes {
      var damaged = Damaged(memory: memory, key: key, bytes: Array(bytes.dropLast()))
      #expect(throws: StateTreeFailure.malformed(key)) { try StateTree.audit(root: 1, reader: damaged) }
      damaged.bytes = bytes
      damaged.bytes[bytes.count - 1] ^= 1
      #expect(throws: StateTreeFailure.self) {
        let audit = try StateTree.audit(root: 1, reader: damaged)
        // Nothing in the store vouches for the root node but the certified root.
        if audit.root != update.root { throw StateTreeFailure.inconsistent(key) }
      }
    }
  }

  @Test("bytes that no node has are malformed: cut, longer, or with a leaf where no child is")
  func malformedNodes() {
    let inner = [UInt8](repeating: 1, count: 40)
    let leaf = [UInt8](repeating: 1, count: 64)
    for bytes in [
      [], [0, 0, 0], [0, 0, 0, 0, 0], [0, 1, 0, 0] + leaf, [0, 1, 0, 1] + inner, [0x80, 0, 0, 1] + inner + leaf,
    ] {
      let damaged = Damaged(memory: StateTreeMemory(), key: .root(version: 1), bytes: bytes)
      #expect(throws: StateTreeFailure.malformed(.root(version: 1))) { try StateTree.root(version: 1, reader: damaged) }
    }
  }

  struct Damaged: StateTreeReader {
    var memory: StateTreeMemory
    var key: NodeKey
    var bytes: [UInt8]

    func node(_ key: NodeKey) -> [UInt8]? { key == self.key ? bytes : memory.node(key) }
  }

  @Test("the storage key is version, depth and nibbles, and orders by version first")
  func nodeKeys() {
    let path = Digest(Array(0xf0...0xff) + Array(0x00...0x0f))!
    #expect(NodeKey.root(version: 258).bytes == [0, 0, 0, 0, 0, 0, 1, 2, 0])
    #expect(NodeKey(version: 1, path: path, depth: 3).bytes == [0, 0, 0, 0, 0, 0, 0, 1, 3, 0xf0, 0xf0])
    #expect(NodeKey(version: 1, path: path, depth: 4).bytes == [0, 0, 0, 0, 0, 0, 0, 1, 4, 0xf0, 0xf1])
    #expect(NodeKey(version: 1, path: path, depth: 63).bytes.count == 41)
    #expect(
      NodeKey(version: 1, path: path, depth: 2)
        == NodeKey(version: 1, path: Digest([0xf0] + [UInt8](repeating: 9, count: 31))!, depth: 2))
  }

  /// Prints; it never fails on a slow machine.
  @Test("updates a second with 100,000 keys (a measurement)", .enabled(if: measures))
  func speed() throws {
    var memory = StateTreeMemory()
    let clock = ContinuousClock()
    func changes(_ keys: some Sequence<Int>, salt: UInt64) -> [StateTree.Change] {
      keys.map { StateTree.Change(path: Self.path($0, crowded: false), value: Self.value(salt)) }.sorted {
        $0.path < $1.path
      }
    }
    let first = changes(0..<100_000, salt: 0)
    var update = try StateTree.update(root: nil, to: 1, changes: [], reader: memory)
    let building = try clock.measure {
      update = try StateTree.update(root: nil, to: 1, changes: first, reader: memory)
    }
    memory.apply(update)
    print("state tree: 100000 inserts in \(building)")
    var generator = SeededGenerator(state: 1)
    for size in [1, 100, 4000] {
      var time = Duration.zero
      var written = 0
      var bytes = 0
      let rounds = 40_000 / max(size, 100)
      for _ in 0..<rounds {
        let keys = Set((0..<size).map { _ in Int.random(in: 0..<100_000, using: &generator) })
        let batch = changes(keys, salt: generator.next())
        let root = update.rootVersion
        time += try clock.measure {
          update = try StateTree.update(root: root, to: root! + 1, changes: batch, reader: memory)
        }
        written += update.newNodes.count
        bytes += update.newNodes.reduce(0) { $0 + $1.bytes.count }
        memory.apply(update, pruning: true)
      }
      let total = Double(rounds * size)
      print(
        "state tree: batches of \(size): \(time / (rounds * size)) an update,",
        "\(Double(written) / total) nodes and \(Double(bytes) / total) bytes written an update")
    }
  }
}

#if DEBUG
  private let measures = false
#else
  private let measures = true
#endif
