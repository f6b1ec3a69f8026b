import Consensus
import Ledger
import LedgerStore
import Sodium

/// A record of the consensus log: the machine's own, or the body of a block that it will vote for.
enum LogEntry {
  case record(LogRecord)
  case body(Block, view: UInt64)

  var bytes: [UInt8] {
    var writer = CBORWriter()
    switch self {
    case .record(let record):
      writer.array(2)
      writer.unsigned(1)
      writer.value(record)
    case .body(let block, let view):
      writer.array(3)
      writer.unsigned(2)
      writer.unsigned(view)
      writer.value(block)
    }
    return writer.bytes
  }

  init(_ bytes: [UInt8]) throws(CBORError) {
    var reader = CBORReader(bytes)
    let count = try reader.array(upTo: 3)
    switch try reader.unsigned(upTo: 2) {
    case 1 where count == 2: self = .record(try reader.value())
    case 2 where count == 3:
      let view = try reader.unsigned()
      self = .body(try reader.value(), view: view)
    default: throw reader.failure(.invalidValue)
    }
    try reader.finish()
  }

  var view: UInt64 {
    switch self {
    case .record(let record): record.view
    case .body(_, let view): view
    }
  }

  struct Replayed {
    var records: [LogRecord] = []
    var bodies: [Block] = []
    var positions: [(view: UInt64, position: WriteAheadLog.Position)] = []
  }

  static func replay(_ log: borrowing WriteAheadLog) throws -> Replayed {
    var replayed = Replayed()
    try log.replay { position, bytes throws(StorageFailure) in
      let entry: LogEntry
      do throws(CBORError) {
        entry = try LogEntry(bytes)
      } catch {
        throw StorageFailure(.corruption, "the consensus log holds a record that cannot be read at \(position)")
      }
      replayed.positions.append((entry.view, position))
      switch entry {
      case .record(let record): replayed.records.append(record)
      case .body(let block, _): replayed.bodies.append(block)
      }
    }
    return replayed
  }
}
