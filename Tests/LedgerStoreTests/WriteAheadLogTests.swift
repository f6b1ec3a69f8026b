import Glibc
import LedgerStore
import Testing

/// Folders, files and records of logs under test.
struct LogBench {
  let folder: TemporaryFolder
  var path: String { folder["wal"] }

  init() throws { folder = try TemporaryFolder() }

  func open(segmentBytes: Int = 16 << 20, files: any FileSystem = SystemFiles()) throws(StorageFailure) -> WriteAheadLog
  {
    try WriteAheadLog(folder: path, segmentBytes: segmentBytes, files: files)
  }

  func segment(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return path + "/" + String(repeating: "0", count: 16 - digits.count) + digits + ".log"
  }

  /// Writes each group with one sync; gives where each record starts.
  @discardableResult
  func write(
    _ groups: [[String]], segmentBytes: Int = 16 << 20, files: any FileSystem = SystemFiles()
  ) throws(StorageFailure) -> [WriteAheadLog.Position] {
    var log = try open(segmentBytes: segmentBytes, files: files)
    var positions: [WriteAheadLog.Position] = []
    for group in groups {
      for record in group { positions.append(try log.append(record.bytes)) }
      try log.sync()
    }
    return positions
  }

  func records(_ log: borrowing WriteAheadLog) throws(StorageFailure) -> [String] {
    var records: [String] = []
    try log.replay { _, record throws(StorageFailure) in records.append(String(decoding: record, as: UTF8.self)) }
    return records
  }

  func records() throws(StorageFailure) -> [String] { try records(try open()) }

  func opening() -> StorageFailure? {
    do {
      _ = try open()
      return nil
    } catch {
      return error
    }
  }
}

@Suite("The write-ahead log")
struct WriteAheadLogTests {
  private let bench: LogBench

  init() throws { bench = try LogBench() }

  @Test("Synced records come back in order with their positions; what was not synced is forgotten")
  func reopen() throws {
    let votes = ["notarize 1", "", "finalize 1"]
    let positions = try bench.write([[votes[0], votes[1]], [votes[2]]])
    #expect(positions == positions.sorted() && Set(positions).count == 3)
    do {
      var log = try bench.open()
      #expect(log.nextSequence == 4 && log.cutBytes == 0)
      try log.append("never synced".bytes)
    }
    let log = try bench.open()
    #expect(try bench.records(log) == votes)
    var replayed: [WriteAheadLog.Position] = []
    try log.replay { position, _ throws(StorageFailure) in replayed.append(position) }
    #expect(replayed == positions)
  }

  @Test("A new log is empty and starts at record 1")
  func fresh() throws {
    let log = try bench.open()
    #expect(log.nextSequence == 1)
    #expect(try bench.records(log) == [])
  }

  @Test("Replay shows what is durable, not what is buffered")
  func replayBeforeSync() throws {
    var log = try bench.open()
    try log.append("vote".bytes)
    #expect(try bench.records(log) == [])
    try log.sync()
    #expect(try bench.records(log) == ["vote"])
  }

  @Test("Any number of records takes one sync, and no record takes none (C-20)")
  func oneSync() throws {
    let disk = UnreliableDisk()
    var log = try bench.open(files: disk)
    let before = disk.syncsDone
    for index in 0..<50 { try log.append("vote \(index)".bytes) }
    #expect(disk.syncsDone == before)
    try log.sync()
    #expect(disk.syncsDone == before + 1)
    try log.sync()
    #expect(disk.syncsDone == before + 1)
  }

  @Test("The log goes on in a new segment when one is full, and stays one log")
  func segments() throws {
    let groups = (0..<20).map { ["a\($0)", "b\($0)"] }
    let positions = try bench.write(groups, segmentBytes: 200)
    #expect(positions == positions.sorted())
    let names = try OnDisk.names(bench.path)
    #expect(names.count > 3 && Int(positions.last!.segment) == names.count)
    #expect(try bench.records() == groups.flatMap { $0 })
    try bench.write([["after"]], segmentBytes: 200)
    #expect(try bench.records() == groups.flatMap { $0 } + ["after"])
  }

  @Test("Discarding takes away whole segments below a position, and never the live one")
  func discard() throws {
    let groups = (0..<20).map { ["record \($0)"] }
    let positions = try bench.write(groups, segmentBytes: 200)
    var log = try bench.open(segmentBytes: 200)
    try log.discard(before: positions[0])
    #expect(try bench.records(log).count == 20)
    let kept = 11
    try log.discard(before: positions[kept])
    let first = positions.firstIndex { $0.segment == positions[kept].segment }!
    #expect(first > 0 && first <= kept)
    #expect(try bench.records(log) == groups.flatMap { $0 }.suffix(20 - first))
    try log.discard(before: .init(segment: .max, offset: 0))
    let rest = try bench.records(log)
    #expect(try OnDisk.names(bench.path).count == 1 && rest.last == "record 19")
    try log.append("record 20".bytes)
    try log.sync()
    #expect(try bench.records() == rest + ["record 20"])
    #expect(try bench.open().nextSequence == 22)
  }

  @Test("A record beyond 64 MiB is refused before anything is written, and the log goes on")
  func tooLarge() throws {
    var log = try bench.open()
    let large = [UInt8](repeating: 0, count: WriteAheadLog.maximumRecordBytes + 1)
    #expect(failure { () throws(StorageFailure) in try log.append(large) } == .tooLarge)
    try log.append("small".bytes)
    try log.sync()
    #expect(try bench.records(log) == ["small"])
  }

  @Test("After a failed sync every call fails, and a restart finds what was durable before (C-24)")
  func poisonedBySync() throws {
    let disk = UnreliableDisk()
    do {
      var log = try bench.open(files: disk)
      try log.append("durable".bytes)
      try log.sync()
      disk.change { $0.syncs = 0 }
      try log.append("lost".bytes)
      #expect(failure { () throws(StorageFailure) in try log.sync() } == .io)
      disk.change { $0.syncs = .max }
      #expect(failure { () throws(StorageFailure) in try log.sync() } == .io)
      #expect(failure { () throws(StorageFailure) in try log.append([]) } == .io)
      #expect(failure { () throws(StorageFailure) in _ = try bench.records(log) } == .io)
      #expect(failure { () throws(StorageFailure) in try log.discard(before: .init(segment: 0, offset: 0)) } == .io)
    }
    #expect(try bench.records().first == "durable")
  }

  @Test("A full disk, at whichever byte, loses nothing that was synced (C-24)", arguments: [ENOSPC, EIO])
  func fullAtEachByte(code: Int32) throws {
    let groups = [["notarize 1", "finalize 1"], ["notarize 2"], ["nullify 3", "", "notarize 4"], ["finalize 4"]]
    let all = groups.flatMap { $0 }
    var room = 0
    while true {
      let bench = try LogBench()
      let disk = UnreliableDisk()
      disk.change { ($0.room, $0.code) = (room, code) }
      var durable = 0
      let outcome = failure { () throws(StorageFailure) in
        var log = try bench.open(segmentBytes: 120, files: disk)
        for group in groups {
          for record in group { try log.append(record.bytes) }
          try log.sync()
          durable += group.count
        }
      }
      let found = try bench.records()
      #expect(found.count >= durable && found == Array(all.prefix(found.count)))
      try bench.write([["after"]])
      #expect(try bench.records() == found + ["after"])
      if outcome == nil { break }
      #expect(outcome == (code == ENOSPC ? .full : .io))
      room += 1
    }
    #expect(room > 200)
  }

  @Test("A sync that fails, whichever it is, loses nothing that was synced before")
  func eachSync() throws {
    let groups = (0..<6).map { ["record \($0)"] }
    var syncs = 0
    while true {
      let bench = try LogBench()
      let disk = UnreliableDisk()
      disk.change { $0.syncs = syncs }
      var durable = 0
      let outcome = failure { () throws(StorageFailure) in
        var log = try bench.open(segmentBytes: 100, files: disk)
        for group in groups {
          try log.append(group[0].bytes)
          try log.sync()
          durable += 1
        }
      }
      let found = try bench.records()
      #expect(found.count >= durable && found == groups.prefix(found.count).map { $0[0] })
      if outcome == nil { break }
      syncs += 1
    }
    #expect(syncs > groups.count)
  }
}
