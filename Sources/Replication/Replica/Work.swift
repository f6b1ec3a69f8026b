import Contracts
import Ledger
import LedgerStore
import Sodium

extension Replica {
  /// What takes long, and is done beside the replica.
  package enum Work: Sendable {
    case check(BlockCheck)
    case execute(ExecutionWork)
    case answer(BlockAnswer)
    case history(HistoryAnswer)
    case chunk(ChunkAnswer)

    /// Performs it here and now.
    package func run() -> Finished {
      switch self {
      case .check(let check): .check(check.block.digest, check.run())
      case .execute(let execution): .execution(execution.run())
      case .answer(let answer): .answer(answer.run(), to: answer.peer)
      case .history(let answer): .history(answer.run(), to: answer.peer)
      case .chunk(let answer): .chunk(answer.run(), to: answer.request, for: answer.peer)
      }
    }
  }

  /// What it came to.
  package enum Finished: Sendable {
    case check(Digest, BlockCheck.Result)
    case execution(Result<ExecutedBlock, NodeFailure>)
    case answer(Result<[FinalizedBlock], NodeFailure>, to: Int)
    case history(Result<[FinalizedBlock], NodeFailure>, to: Int)
    case chunk(Result<StateChunkAnswer?, NodeFailure>, to: StateChunkRequest, for: Int)
  }
}

/// A finalized block that was executed.
package struct ExecutedBlock: Sendable {
  package let finalized: FinalizedBlock
  package let head: ChainHead
  /// The history without it.
  package let before: HistoryRange
  package let documents: [AdmittedDocument]
  /// Its documents are known only since it was executed: nobody was told of them before.
  package let isNews: Bool
  package let outcomes: [OutcomeRecord]
}

/// The next finalized block, to be executed.
package struct ExecutionWork: Sendable {
  package let finalized: FinalizedBlock
  /// Nil after a restart or when fetched by height: checked before execution.
  package let admitted: [AdmittedDocument]?
  package let check: BlockCheck
  package let chain: Chain

  package func run() -> Result<ExecutedBlock, NodeFailure> {
    if let admitted { return run(admitted) }
    return run(checked: check.run())
  }

  /// After the check of a block whose documents were not known yet.
  package func run(checked result: BlockCheck.Result) -> Result<ExecutedBlock, NodeFailure> {
    switch result {
    case .valid(let documents): return run(documents)
    case .invalid(let reason):
      let height = finalized.block.header.height
      return .failure(.diverged("the finalized block of height \(height) is invalid here: \(reason)"))
    case .failed(let failure): return .failure(failure)
    }
  }

  private func run(_ documents: [AdmittedDocument]) -> Result<ExecutedBlock, NodeFailure> {
    NodeFailure.catching {
      let before = chain.head.history
      let outcomes = try chain.execute(finalized, documents)
      return ExecutedBlock(
        finalized: finalized, head: chain.head, before: before, documents: documents, isNews: admitted == nil,
        outcomes: outcomes)
    }
  }
}

/// Consecutive blocks for a peer that lacks them; they end with one that has a certificate of its own, or they prove
/// nothing.
package struct BlockAnswer: Sendable {
  let store: ChainStore
  let first: UInt64
  let peer: Int

  /// Bytes of blocks in one answer.
  static let answerBytes = 4 << 20

  package func run() -> Result<[FinalizedBlock], NodeFailure> {
    NodeFailure.catching {
      var blocks: [FinalizedBlock] = []
      var bytes = 0
      var height = first
      while blocks.count < PeerMessage.maximumBlocks, let block = try store.finalizedBlock(at: height) {
        bytes += block.byteCount
        guard blocks.isEmpty || bytes <= PeerChannel.bodies.maximumBytes else { break }
        blocks.append(block)
        height += 1
        if block.finality.certificate != nil,
          bytes > BlockAnswer.answerBytes || blocks.count >= PeerMessage.maximumBlocks / 2
        {
          break
        }
      }
      while let last = blocks.last, last.finality.certificate == nil { blocks.removeLast() }
      return blocks
    }
  }
}

extension FinalizedBlock {
  /// What it takes in a message, roughly, and never less.
  var byteCount: Int { block.documents.reduce(1024 * 8) { $0 + $1.count + 8 } }
}

extension NodeFailure {
  /// What `body` gives, or the failure with which a node ends when it cannot.
  static func catching<T>(_ body: () throws -> T) -> Result<T, NodeFailure> {
    do {
      return .success(try body())
    } catch let failure as NodeFailure {
      return .failure(failure)
    } catch let failure as StorageFailure {
      return .failure(.storage(failure.message))
    } catch {
      return .failure(.damaged("\(error)"))
    }
  }
}
