import LedgerStore
import Testing

@Suite("A copy of a running database")
final class DatabaseCopyTests {
  private let folder: TemporaryFolder
  private let database: Database

  init() throws {
    folder = try TemporaryFolder()
    database = try Database(path: folder["db"], createIfMissing: true)
    var batch = Batch()
    for height in 0..<100 as Range<UInt64> {
      batch.put(.block(height: height), [UInt8](repeating: UInt8(height), count: 100))
      batch.put(.state("key \(height)".bytes), [UInt8(height)])
    }
    batch.put(.marker(.executedHeight), [99])
    try database.write(batch, sync: true)
  }

  private func entries(_ database: borrowing Database) throws -> [[UInt8]] {
    var entries: [[UInt8]] = []
    try database.forEach(under: []) { key, value throws(StorageFailure) in
      entries += [key, value]
      return .on
    }
    return entries
  }

  @Test("It holds every entry as of its start, whatever is written meanwhile, and reports how far it is")
  func all() throws {
    let before = try entries(database)
    var reports: [Database.CopyProgress] = []
    let done = try database.copy(to: folder["copy"], batchBytes: 1000) { progress in
      reports.append(progress)
      var batch = Batch()
      batch.put(.marker(.executedHeight), [100])
      batch.put(.state("late".bytes), [1])
      #expect(failure { () throws(StorageFailure) in try database.write(batch, sync: false) } == nil)
      return .on
    }
    #expect(done?.entries == 201 && reports.last == done)
    #expect(reports.count > 5 && zip(reports, reports.dropFirst()).allSatisfy { $0.bytes <= $1.bytes })
    let copy = try Database(path: folder["copy"], createIfMissing: false)
    #expect(try entries(copy) == before)
    #expect(try entries(database) != before)
  }

  @Test("It holds the chosen tables alone")
  func tables() throws {
    let chosen: [StoreKey.Table] = [.state, .marker]
    let done = try database.copy(to: folder["copy"], under: chosen.map(\.prefix))
    #expect(done?.entries == 101)
    let copy = try Database(path: folder["copy"], createIfMissing: false)
    #expect(try copy.get(.block(height: 3)) == nil)
    #expect(try copy.get(.state("key 3".bytes)) == [3])
    #expect(try copy.get(.marker(.executedHeight)) == [99])
  }

  @Test("It never replaces what is there, and one that was stopped leaves no trace")
  func refusedAndStopped() throws {
    let stopped = try database.copy(to: folder["copy"], batchBytes: 1000) { _ in .stop }
    #expect(stopped == nil)
    #expect(try OnDisk.names(folder.path) == ["db"])
    _ = try database.copy(to: folder["copy"])
    let second = failure { () throws(StorageFailure) in _ = try database.copy(to: folder["copy"]) }
    #expect(second == .exists)
  }

  @Test("What an attempt that was killed left behind does not get into the next")
  func leftover() throws {
    do {
      let leftover = try Database(path: folder["copy.part"], createIfMissing: true)
      var batch = Batch()
      batch.put(.state("stray".bytes), [1])
      try leftover.write(batch, sync: true)
    }
    _ = try database.copy(to: folder["copy"])
    let copy = try Database(path: folder["copy"], createIfMissing: false)
    #expect(try copy.get(.state("stray".bytes)) == nil)
    #expect(try entries(copy) == entries(database))
  }
}
