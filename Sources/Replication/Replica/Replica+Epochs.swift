import Consensus
import Contracts
import Ledger
import LedgerStore
import Sodium

/// C-30 to C-33: an epoch ends with its boundary block, and the next one starts from it.
extension Replica {
  /// The boundary block is executed: the validators that its header names take over.
  func beginEpoch(after head: ChainHead) throws {
    epoch = try Epoch(chain, head, transportKey: transportKey)
    let hasVoted = signer.canVote
    try signer.begin(epoch, keys: host.voteKeys())
    timers = [:]
    inbox = []
    outbox = []
    awaited = [:]
    postponedBuild = nil
    lastIdle = nil
    catchingUp = nil
    queuedIsBoundary = false
    decided = []
    newestFinalization = nil
    blocks = blocks.filter { $0.value.block.header.height > head.height }
    findValidators()
    machine = Machine(
      configuration: epoch.configuration(parameters, votes: signer.canVote, asksFirst: !hasVoted),
      floor: Machine.Floor(view: 0, payload: head.block, finalization: nil), signState: signer.rules)
    host.log(
      .info, "a new epoch begins",
      ["epoch": "\(epoch.number)", "validators": "\(epoch.validators.count)", "after": "\(head.height)"])
    feed(.start)
    reportStatusNow()
  }

  /// A peer is in another epoch: a later one means that this node lacks blocks.
  func hear(ofEpoch other: UInt64, from peer: Int) {
    guard other > epoch.number, catchingUp == nil else { return }
    catchingUp = CatchUp(target: nil)
    askForBlocks()
  }

  /// What the header of a block that attests `height` says of the validators after it (C-30).
  func nextValidators(attesting height: UInt64) throws -> Digest {
    try chain.validators(decidedBy: height, after: epoch.validators).digest
  }
}
