import Replication

/// Fault 13: a block with documents attests a state at most L below it.
struct ExecutionLag {
  let limit: UInt64

  func check(_ finalized: FinalizedBlock) -> String? {
    let header = finalized.block.header
    guard !finalized.block.documents.isEmpty, header.height - header.executed.height > limit else { return nil }
    return "height \(header.height) attests \(header.executed.height), more than \(limit) below it"
  }
}
