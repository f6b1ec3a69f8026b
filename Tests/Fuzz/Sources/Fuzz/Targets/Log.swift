import Consensus
import Ledger
import LedgerStore
import Replication

extension FuzzTarget {
  /// What a crash, or a bad disk, leaves behind. The first byte chooses: a segment as it is; a log that was written
  /// properly and then damaged; the sign-state file, likewise; a record of the consensus log.
  static let log = FuzzTarget(
    name: "log", maximumBytes: 16_384,
    seeds: {
      let files = MemoryFiles()
      write(records: [[1, 2, 3], [], [UInt8](repeating: 5, count: 300)], in: files)
      return [
        [0] + files.contents(of: segment), [1, 40, 0, 0xff, 3, 1, 2, 3, 0, 2, 9, 9], [1, 0xff, 0xff, 0, 1, 7],
        [2, 0x10, 5, 1, 1, 2, 3, 4, 5], [2, 0, 0, 0],
      ] + logEntrySeeds(ChainExamples.block, .vote(ChainExamples.vote(1, .nullify(view: 3)))).map { [3] + $0 }
    }
  ) { bytes in
    guard let first = bytes.first else { return }
    let rest = Array(bytes.dropFirst())
    switch first % 4 {
    case 0:
      let files = MemoryFiles([segment: rest])
      guard let records = replayed(in: files) else { return }
      demand(replayed(in: files) == records, "opening a log once more gave other records")
    case 1: damageLog(rest)
    case 2: damageSignState(rest)
    default: readLogEntry(rest)
    }
  }

  private static let segment = "log/0000000000000001.log"

  private static func write(records: [[UInt8]], in files: MemoryFiles) {
    do throws(StorageFailure) {
      var log = try WriteAheadLog(folder: "log", segmentBytes: 512, files: files)
      for (index, record) in records.enumerated() {
        try log.append(record)
        // Groups of one, two and three records.
        if index % 6 == 0 || index % 6 == 2 || index % 6 == 5 { try log.sync() }
      }
      try log.sync()
    } catch {
      fatalError("a sound disk refused: \(error.message)")
    }
  }

  /// Nil when the log says that it is damaged.
  private static func replayed(in files: MemoryFiles) -> [[UInt8]]? {
    do throws(StorageFailure) {
      let log = try WriteAheadLog(folder: "log", segmentBytes: 512, files: files)
      var records: [[UInt8]] = []
      try log.replay { _, record throws(StorageFailure) in records.append(record) }
      return records
    } catch {
      demand(error.kind == .corruption, "damage was taken for \(error.kind)")
      return nil
    }
  }

  /// [place, place, change, then records, each with its length]: the byte at the place (16 bits, of all segments in
  /// order) is changed, or with no change everything from there on in its segment is cut off.
  private static func damageLog(_ bytes: [UInt8]) {
    guard bytes.count > 3 else { return }
    var records: [[UInt8]] = []
    var rest = bytes.dropFirst(3)
    while let length = rest.popFirst() {
      records.append(Array(rest.prefix(Int(length))))
      rest = rest.dropFirst(Int(length))
    }
    let files = MemoryFiles()
    write(records: records, in: files)
    demand(replayed(in: files) == records, "an undamaged log lost a record")
    files.damage(at: Int(bytes[0]) << 8 | Int(bytes[1]), change: bytes[2])
    guard let left = replayed(in: files) else { return }
    demand(records.starts(with: left), "a damaged log invented a record")
    write(records: [[1]], in: files)
    demand(replayed(in: files) == left + [[1]], "a mended log does not go on where it ended")
  }

  /// [place, place, change, then values of one byte].
  private static func damageSignState(_ bytes: [UInt8]) {
    guard bytes.count >= 3 else { return }
    let values = bytes.dropFirst(3).prefix(64).map { [$0] }
    let files = MemoryFiles()
    do throws(StorageFailure) {
      var file = SignStateFile(path: "log/sign-state", files: files)
      try file.replace([0])
      for value in values { try file.write(value) }
      files.damage(at: Int(bytes[0]) << 8 | Int(bytes[1]), change: bytes[2])
      let newest = values.last ?? [0]
      switch try file.read() {
      case .intact(let value): demand(value == newest, "an older value was taken for the newest")
      case .torn(let value): demand(([[0]] + values).suffix(2).contains(value), "a value from nowhere")
      case .missing: fatalError("the file was lost")
      case .damaged: break
      }
    } catch {
      fatalError("a sound disk refused: \(error.message)")
    }
  }
}
