import LedgerStore
import Testing

@Suite("The database")
struct DatabaseTests {
  private let folder: TemporaryFolder
  private var path: String { folder["db"] }

  init() throws { folder = try TemporaryFolder() }

  private func open(
    createIfMissing: Bool = true, options: Database.Options = .init()
  ) throws(StorageFailure) -> Database {
    try Database(path: path, createIfMissing: createIfMissing, options: options)
  }

  private func put(_ entries: [(String, String)], in database: borrowing Database) throws(StorageFailure) {
    var batch = Batch()
    for (key, value) in entries { batch.put(key.bytes, value.bytes) }
    try database.write(batch, sync: true)
  }

  private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

  @Test("A synced batch is there after the database is closed and opened again")
  func reopen() throws {
    do {
      let database = try open()
      try put([("invoice", "open"), ("order", "placed"), ("empty", "")], in: database)
      var batch = Batch()
      batch.delete("order".bytes)
      batch.put("invoice".bytes, "paid".bytes)
      try database.write(batch, sync: true)
    }
    let database = try open(createIfMissing: false)
    #expect(text(try database.get("invoice".bytes)) == "paid")
    #expect(try database.get("order".bytes) == nil)
    #expect(try database.get("empty".bytes) == [])
    #expect(try database.get([]) == nil)
  }

  @Test("A batch counts its entries and bytes, and is empty once cleared")
  func batchCounts() throws {
    var batch = Batch()
    batch.put("key".bytes, "value".bytes)
    batch.delete("other".bytes)
    #expect(batch.count == 2 && batch.byteCount == 13)
    batch.clear()
    #expect(batch.count == 0 && batch.byteCount == 0)
    let database = try open()
    try database.write(batch, sync: false)
    #expect(try database.get("key".bytes) == nil)
  }

  @Test("A second opener of the same folder is told that it is locked")
  func locked() throws {
    let first = try open()
    #expect(failure { () throws(StorageFailure) in _ = try open() } == .locked)
    try put([("a", "1")], in: first)
  }

  @Test("A database that is not there is missing, unless it may be created")
  func missing() throws {
    #expect(failure { () throws(StorageFailure) in _ = try open(createIfMissing: false) } == .missing)
    _ = try open(createIfMissing: true)
    _ = try open(createIfMissing: false)
  }

  @Test("A folder that lost its CURRENT file is not taken for a new database")
  func lostCurrent() throws {
    do { try put([("a", "1")], in: try open()) }
    try OnDisk.remove(path + "/CURRENT")
    let before = try OnDisk.names(path)
    #expect(failure { () throws(StorageFailure) in _ = try open() } == .corruption)
    #expect(try OnDisk.names(path) == before)
  }

  /// What a walk sees before it is stopped.
  private func walked(
    _ store: any StoreReading, from key: String, backwards: Bool, limit: Int = .max
  ) throws(StorageFailure) -> [String] {
    var seen: [String] = []
    try store.walk(from: key.bytes, backwards: backwards, fillsCache: true) { key, value throws(StorageFailure) in
      seen.append(String(decoding: key + value, as: UTF8.self))
      return seen.count < limit ? .on : .stop
    }
    return seen
  }

  @Test("A snapshot keeps showing the moment it was made")
  func snapshot() throws {
    let database = try open()
    try put([("a", "1"), ("b", "1")], in: database)
    let before = database.snapshot()
    var later = Batch()
    later.put("a".bytes, "2".bytes)
    later.delete("b".bytes)
    try database.write(later, sync: false)
    #expect(text(try before.get("a".bytes)) == "1")
    #expect(text(try before.get("b".bytes)) == "1")
    #expect(text(try database.get("a".bytes)) == "2")
    #expect(try database.get("b".bytes) == nil)
    #expect(try walked(before, from: "", backwards: false) == ["a1", "b1"])
    #expect(try walked(before, from: "z", backwards: true) == ["b1", "a1"])
    #expect(try walked(database, from: "", backwards: false) == ["a2"])
  }

  @Test("A walk shows the moment it began, whatever is written from within it")
  func writesDuringWalk() throws {
    let database = try open()
    try put([("a", "1"), ("b", "1"), ("c", "1")], in: database)
    var seen: [String] = []
    try database.forEach(under: []) { key, value throws(StorageFailure) in
      var batch = Batch()
      batch.delete("b".bytes)
      batch.put("c".bytes, "2".bytes)
      batch.put("d".bytes, "2".bytes)
      try database.write(batch, sync: false)
      seen.append(String(decoding: key + value, as: UTF8.self))
      return .on
    }
    #expect(seen == ["a1", "b1", "c1"])
    #expect(try walked(database, from: "", backwards: false) == ["a1", "c2", "d2"])
  }

  private func snapshotOfDroppedDatabase() throws(StorageFailure) -> any StoreReading {
    let database = try open()
    try put([("a", "1")], in: database)
    return database.snapshot()
  }

  @Test("A snapshot holds the database open, so that its entries stay readable")
  func snapshotOutlivesDatabase() throws {
    do {
      let snapshot = try snapshotOfDroppedDatabase()
      #expect(failure { () throws(StorageFailure) in _ = try open() } == .locked)
      #expect(text(try snapshot.get("a".bytes)) == "1")
    }
    #expect(failure { () throws(StorageFailure) in _ = try open() } == nil)
  }

  @Test(
    "A walk begins at a key or where it would stand, and goes either way",
    arguments: [
      ("", ["a1", "c3", "e5"], []), ("a", ["a1", "c3", "e5"], []), ("b", ["c3", "e5"], ["a1"]),
      ("c", ["c3", "e5"], ["a1"]), ("e", ["e5"], ["c3", "a1"]), ("f", [], ["e5", "c3", "a1"]),
    ] as [(String, [String], [String])])
  func walkFrom(key: String, forwards: [String], backwards: [String]) throws {
    let database = try open()
    try put([("c", "3"), ("a", "1"), ("e", "5")], in: database)
    #expect(try walked(database, from: key, backwards: false) == forwards)
    #expect(try walked(database, from: key, backwards: true) == backwards)
    #expect(try walked(database, from: key, backwards: true, limit: 1) == Array(backwards.prefix(1)))
  }

  @Test("A walk under a prefix sees its entries alone, in order, until it is stopped")
  func walk() throws {
    let database = try open()
    try put([("b2", "2"), ("a9", ""), ("b1", "1"), ("b3", "3"), ("c0", "")], in: database)
    var seen: [String] = []
    try database.forEach(under: "b".bytes) { _, value throws(StorageFailure) in
      seen.append(String(decoding: value, as: UTF8.self))
      return .on
    }
    #expect(seen == ["1", "2", "3"])
    seen = []
    try database.forEach(under: "b".bytes) { key, _ throws(StorageFailure) in
      seen.append(String(decoding: key, as: UTF8.self))
      return seen.count == 2 ? .stop : .on
    }
    #expect(seen == ["b1", "b2"])
    let thrown = failure { () throws(StorageFailure) in
      try database.forEach(under: []) { _, _ throws(StorageFailure) in
        throw StorageFailure(.corruption, "the value does not decode")
      }
    }
    #expect(thrown == .corruption)
  }

  @Test(
    "The last entry under a prefix is found whatever stands after it",
    arguments: [("a", "a2"), ("b", "b1"), ("c", nil), ("", "b1"), ("0", nil)] as [(String, String?)])
  func last(prefix: String, expected: String?) throws {
    let database = try open()
    try put([("a1", ""), ("a2", ""), ("b1", "")], in: database)
    #expect(text(try database.last(under: prefix.bytes)?.key) == expected)
  }

  @Test("Size and properties are told, and compaction keeps what is there")
  func figures() throws {
    var options = Database.Options()
    options.writeBufferBytes = 1 << 16
    let database = try open(options: options)
    var batch = Batch()
    for height in 0..<200 as Range<UInt64> {
      batch.put(.block(height: height), (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* Int(height) >> 3) })
    }
    try database.write(batch, sync: true)
    database.compact()
    #expect(database.approximateSize(under: StoreKey.Table.block.prefix) > 1000)
    #expect(database.approximateSize(under: StoreKey.Table.state.prefix) == 0)
    #expect(database.approximateSize() > 1000)
    #expect(database.property("leveldb.stats") != nil)
    #expect(database.property("leveldb.nonsense") == nil)
    #expect(try database.get(.block(height: 199))?.count == 1000)
  }

  @Test("After one failed write the database takes no other, even when the cause has gone")
  func failedWrite() throws {
    var options = Database.Options()
    options.writeBufferBytes = 1 << 16
    let database = try open(options: options)
    try put([("before", "1")], in: database)
    try OnDisk.move(path, to: folder["away"])
    var large = Batch()
    large.put("large".bytes, [UInt8](repeating: 7, count: 1 << 17))
    // The buffer is full after the first of these, and the next one needs a new file.
    let kinds = (0..<8).map { _ in failure { () throws(StorageFailure) in try database.write(large, sync: true) } }
    #expect(kinds.contains { $0 != nil })
    try OnDisk.move(folder["away"], to: path)
    #expect(failure { () throws(StorageFailure) in try put([("after", "1")], in: database) } == kinds.last!)
    #expect(text(try database.get("before".bytes)) == "1")
    #expect(try database.get("after".bytes) == nil)
  }

  private static let heights = 0..<300 as Range<UInt64>

  private static func value(_ height: UInt64) -> [UInt8] { StoreKey.treeNode("block \(height)".bytes).bytes }

  private func getEach(_ path: String) throws(StorageFailure) {
    let database = try Database(path: path, createIfMissing: false)
    for height in Self.heights {
      let found = try database.get(.block(height: height))
      #expect(found == Self.value(height))
    }
  }

  private func walkAll(_ path: String) throws(StorageFailure) {
    let database = try Database(path: path, createIfMissing: false)
    var walked: UInt64 = 0
    try database.forEach(under: []) { _, found throws(StorageFailure) in
      #expect(found == Self.value(walked))
      walked += 1
      return .on
    }
    #expect(walked == Self.heights.upperBound)
  }

  private func fillOneTable() throws(StorageFailure) {
    let database = try open()
    var batch = Batch()
    for height in Self.heights { batch.put(.block(height: height), Self.value(height)) }
    try database.write(batch, sync: true)
    database.compact()
  }

  @Test("A damaged table file gives corruption or the right value, never another", arguments: [0x01, 0x80] as [UInt8])
  func damagedTable(mask: UInt8) throws {
    try fillOneTable()
    let table = try #require(OnDisk.names(path).first { $0.hasSuffix(".ldb") })
    let bytes = try OnDisk.read(path + "/" + table)
    let copy = folder["copy"]
    var damaged = 0
    // The footer, the last 48 bytes, holds positions without a checksum of their own.
    for place in stride(from: 0, to: bytes.count - 48, by: 97) {
      try OnDisk.copy(path, to: copy)
      var changed = bytes
      changed[place] ^= mask
      try OnDisk.write(changed, copy + "/" + table)
      let kinds = [
        failure { () throws(StorageFailure) in try getEach(copy) },
        failure { () throws(StorageFailure) in try walkAll(copy) },
      ]
      #expect(kinds.allSatisfy { $0 == nil || $0 == .corruption }, "byte \(place)")
      if kinds[0] != nil && kinds[1] != nil { damaged += 1 }
    }
    #expect(damaged > 10)
  }

  @Test(
    "LevelDB's words are sorted into kinds",
    arguments: [
      ("IO error: lock home/db/LOCK: Resource temporarily unavailable", .locked),
      ("IO error: lock home/db/LOCK: already held by process", .locked),
      ("Invalid argument: home/db: does not exist (create_if_missing is false)", .missing),
      ("Invalid argument: home/db: exists (error_if_exists is true)", .exists),
      ("NotFound: home/db/000005.ldb: No such file or directory", .missing),
      ("Corruption: block checksum mismatch", .corruption),
      ("IO error: home/db/000003.log: No space left on device", .full),
      ("IO error: home/db/000003.log: Disk quota exceeded", .full),
      ("IO error: home/db/LOCK: Permission denied", .io),
      ("something never said before", .io),
    ] as [(String, StorageFailure.Kind)])
  func kinds(text: String, kind: StorageFailure.Kind) {
    let failure = StorageFailure(reportedByDatabase: text)
    #expect(failure.kind == kind)
    #expect(failure.message.contains(text) && failure.message.count > text.count + 30)
  }
}
