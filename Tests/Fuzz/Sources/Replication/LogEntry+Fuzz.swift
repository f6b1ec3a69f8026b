import Consensus
import Ledger

/// A record of the consensus log: what is read is written again to the very bytes that it was read from.
package func readLogEntry(_ bytes: [UInt8]) {
  guard let entry = try? LogEntry(bytes) else { return }
  guard entry.bytes == bytes else { fatalError("an entry was read from bytes that it does not write") }
  _ = entry.place(.init(segment: 1, offset: 28))
}

package func logEntrySeeds(_ block: Block, _ record: LogRecord) -> [[UInt8]] {
  [LogEntry.record(record, epoch: 3).bytes, LogEntry.body(block, epoch: 3, view: 9).bytes]
}
