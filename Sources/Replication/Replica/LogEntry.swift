import Consensus
import Ledger
import LedgerStore
import Sodium

/// A record of the consensus log: the machine's own, or the body of a block that it will vote for.
enum LogEntry {
  case record(LogRecord, epoch: UInt64)
  case body(Block, epoch: UInt64, view: UInt64)

  var bytes: [UInt8] {
    var writer = CBORWriter()
    switch self {
    case .record(let record, let epoch):
      writer.array(3)
      writer.unsigned(1)
      writer.unsigned(epoch)
      writer.value(record)
    case .body(let block, let epoch, let view):
      writer.array(4)
      writer.unsigned(2)
      writer.unsigned(epoch)
      writer.unsigned(view)
      writer.value(block)
    }
    return writer.bytes
  }

  init(_ bytes: [UInt8]) throws(CBORError) {
    var reader = CBORReader(bytes)
    let count = try reader.array(upTo: 4)
    switch try reader.unsigned(upTo: 2) {
    case 1 where count == 3:
      let epoch = try reader.unsigned()
      self = .record(try reader.value(), epoch: epoch)
    case 2 where count == 4:
      let epoch = try reader.unsigned()
      let view = try reader.unsigned()
      self = .body(try reader.value(), epoch: epoch, view: view)
    default: throw reader.failure(.invalidValue)
    }
    try reader.finish()
  }

  /// Where an entry stands, and how long it is needed.
  struct Place {
    let epoch: UInt64
    let view: UInt64
    let position: WriteAheadLog.Position
  }

  func place(_ position: WriteAheadLog.Position) -> Place {
    switch self {
    case .record(let record, let epoch): Place(epoch: epoch, view: record.view, position: position)
    case .body(_, let epoch, let view): Place(epoch: epoch, view: view, position: position)
    }
  }

  struct Replayed {
    var records: [LogRecord] = []
    var bodies: [Block] = []
    var positions: [Place] = []
  }

  /// What the log holds of one epoch; earlier ones are over, and of later ones there can be nothing.
  static func replay(_ log: borrowing WriteAheadLog, epoch: UInt64) throws -> Replayed {
    var replayed = Replayed()
    try log.replay { position, bytes throws(StorageFailure) in
      let entry: LogEntry
      do throws(CBORError) {
        entry = try LogEntry(bytes)
      } catch {
        throw StorageFailure(.corruption, "the consensus log holds a record that cannot be read at \(position)")
      }
      replayed.positions.append(entry.place(position))
      switch entry {
      case .record(let record, epoch): replayed.records.append(record)
      case .body(let block, epoch, _): replayed.bodies.append(block)
      case .record, .body: break
      }
    }
    return replayed
  }
}
