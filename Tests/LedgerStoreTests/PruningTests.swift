import Foundation
import Ledger
import LedgerStore
import Sodium
import Testing

@Suite("Pruning")
struct PruningTests {
  private let folder: TemporaryFolder
  private let database: Database

  init() throws {
    folder = try TemporaryFolder()
    var options = Database.Options()
    options.writeBufferBytes = 1 << 18
    database = try Database(path: folder["db"], createIfMissing: true, options: options)
  }

  private func id(_ height: UInt64) -> Digest { Digest(.document, of: Array("\(height)".utf8)) }

  /// Bytes that do not compress.
  private func body(_ height: UInt64, count: Int) -> [UInt8] {
    (0..<(count + 31) / 32).flatMap { Digest(.document, of: Array("\(height)/\($0)".utf8)).bytes }
  }

  private func writeBlocks(_ heights: Range<UInt64>, bytes: Int = 100) throws {
    for height in heights {
      var batch = Batch()
      batch.put(.block(height: height), body(height, count: bytes))
      batch.put(.outcomes(height: height), [1])
      batch.put(.location(id(height)), [2])
      batch.put(.leaf(height: height), [3])
      try database.write(batch, sync: false)
    }
  }

  private func count(_ table: StoreKey.Table) throws -> Int {
    var count = 0
    try database.forEach(under: table.prefix) { _, _ throws(StorageFailure) in
      count += 1
      return .on
    }
    return count
  }

  private func bytesOnDisk() throws -> Int {
    try OnDisk.names(folder["db"]).reduce(0) { sum, name in
      let attributes = try FileManager.default.attributesOfItem(atPath: folder["db"] + "/" + name)
      return sum + (attributes[.size] as? Int ?? 0)
    }
  }

  @Test("A table goes below a height and not from it on, in batches, with what its entries lead to; others stay")
  func belowAHeight() throws {
    try writeBlocks(0..<100)
    var (pruning, batches) = (Pruning(.block, below: 60), 0)
    var numbers: [UInt64] = []
    while pruning.next != nil {
      try pruning.step(in: database, limit: 14) { height, value throws(StorageFailure) in
        #expect(value == body(height, count: 100))
        numbers.append(height)
        return [.location(id(height))]
      }
      batches += 1
      #expect(try count(.block) == 100 - min(60, batches * 7), "two keys a block")
    }
    #expect(batches == 9 && numbers == Array(0..<60))
    #expect(try database.get(.block(height: 59)) == nil && database.get(.location(id(59))) == nil)
    #expect(try database.get(.block(height: 60)) != nil && database.get(.location(id(60))) != nil)
    #expect(try count(.outcomes) == 100 && count(.leaf) == 100)
    while try pruning.reclaim(in: database) {}
    #expect(try count(.block) == 40 && count(.location) == 40)
    pruning = Pruning(.outcomes, from: 90, below: .max)
    try pruning.step(in: database, limit: 1000)
    #expect(try pruning.next == nil && count(.outcomes) == 90 && count(.block) == 40)
  }

  @Test("A marker only rises, and one that holds no number is corruption")
  func markers() throws {
    #expect(try database.number(.oldestHeight) == nil)
    for (height, held) in [(5, 5), (3, 5), (1 << 33, 1 << 33)] as [(UInt64, UInt64)] {
      try database.raise(.oldestHeight, to: height)
      #expect(try database.number(.oldestHeight) == held)
    }
    #expect(try database.number(.oldestVersion) == nil)
    var batch = Batch()
    batch.put(.marker(.oldestVersion), [1])
    try database.write(batch, sync: true)
    #expect(failure { () throws(StorageFailure) in _ = try database.number(.oldestVersion) } == .corruption)
  }

  @Test("Pruned below a version, the state tree is whole at that version and has no node of older ones alone")
  func tree() throws {
    var roots: [Digest] = []
    var version: UInt64?
    for height in 0..<30 as Range<UInt64> {
      let keys = (0..<20 as Range<UInt64>).map { Array("\(($0 &* 7 &+ height &* 13) % 90)".utf8) }
      let paths = Dictionary(keys.map { (StateTree.path(ofKey: $0), $0) }) { $1 }
      let changes = paths.keys.sorted().map {
        StateTree.Change(path: $0, value: height % 5 == 4 ? nil : StateTree.digest(ofValue: [UInt8(height)]))
      }
      let update = try StateTree.update(
        root: version, to: height, changes: changes, reader: StoredStateTree(store: database))
      var batch = Batch()
      batch.put(update, keys: paths)
      try database.write(batch, sync: false)
      version = update.rootVersion
      roots.append(update.root)
    }
    let kept: UInt64 = 20
    var pruning = Pruning.tree(below: kept)
    while pruning.next != nil { try pruning.step(in: database, limit: 5) }
    while try pruning.reclaim(in: database) {}
    var nodes: Set<[UInt8]> = []
    for height in kept..<30 {
      let audit = try StateTree.audit(root: height, reader: StoredStateTree(store: database))
      #expect(audit.root == roots[Int(height)])
      nodes.formUnion(audit.nodes.map { StoreKey.treeNode($0.bytes).bytes })
      if height == 29 { #expect(try count(.statePath) == audit.leaves.count) }
    }
    #expect(throws: StateTreeFailure.self) {
      try StateTree.audit(root: kept - 1, reader: StoredStateTree(store: database))
    }
    #expect(try count(.treeNode) == nodes.count)
    #expect(try count(.staleNode) == Int(29 - kept))
  }

  @Test("All under a prefix goes in batches")
  func removeAll() throws {
    try writeBlocks(0..<25)
    var calls = 1
    while try database.removeAll(under: StoreKey.Table.block.prefix, limit: 10) { calls += 1 }
    #expect(calls == 3)
    #expect(try count(.block) == 0 && count(.outcomes) == 25)
    #expect(try database.removeAll(under: [], limit: 100) == false)
    #expect(try count(.leaf) == 0)
  }

  @Test("The disk really shrinks, while blocks are still written and an older snapshot still shows all")
  func shrinking() throws {
    try writeBlocks(0..<1000, bytes: 8000)
    database.compact()
    let before = try bytesOnDisk()
    #expect(before > 1000 * 8000)
    var pruning = Pruning(.block, below: 900)
    try {
      let snapshot = database.snapshot()
      var height: UInt64 = 1000
      while pruning.next != nil {
        try pruning.step(in: database, limit: 100)
        try writeBlocks(height..<height + 2, bytes: 8000)
        height += 2
      }
      #expect(height == 1018)
      // What is compacted while the snapshot lives has to come back all the same.
      database.compact()
      #expect(try snapshot.get(.block(height: 3)) == body(3, count: 8000))
      #expect(try database.get(.block(height: 3)) == nil)
    }()
    var parts = 0
    while try pruning.reclaim(in: database) {
      parts += 1
      try writeBlocks((1016 + UInt64(parts) * 2)..<(1018 + UInt64(parts) * 2), bytes: 8000)
    }
    #expect(parts > 5)
    let after = try bytesOnDisk()
    #expect(after < before / 4, "\(before) bytes before, \(after) after")
    #expect(database.approximateSize(under: StoreKey.Table.block.prefix) < UInt64(before / 4))
    for height in 900..<1018 as Range<UInt64> {
      #expect(try database.get(.block(height: height)) == body(height, count: 8000))
    }
  }
}
