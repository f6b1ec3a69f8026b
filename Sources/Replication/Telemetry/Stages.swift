import Synchronization

/// Where a node's time goes: microseconds and items for each stage of a document's way, added up since the start.
package final class Stages: Sendable {
  package init() {}

  package enum Stage: Int, CaseIterable, Sendable {
    /// Reading JSON and terms, without signatures.
    case decode
    /// Ed25519.
    case verify
    /// Making a block.
    case build
    /// Checking a proposed block.
    case check
    /// Writing and syncing the consensus log and the sign state.
    case log
    /// The consensus machine itself, and messages.
    case consensus
    /// Performing the documents' acts.
    case execute
    /// The state tree and the history.
    case tree
    /// The synced batch of a block.
    case commit
  }

  private let microseconds = Stage.allCases.map { _ in Counter() }
  private let items = Stage.allCases.map { _ in Counter() }

  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }

  package func add(_ stage: Stage, since start: ContinuousClock.Instant, items count: Int = 1) {
    let elapsed = ContinuousClock.now - start
    let (seconds, attoseconds) = elapsed.components
    microseconds[stage.rawValue].value.add(
      Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000), ordering: .relaxed)
    items[stage.rawValue].value.add(count, ordering: .relaxed)
  }

  package func measure<T, E: Error>(_ stage: Stage, items count: Int = 1, _ body: () throws(E) -> T) throws(E) -> T {
    let start = ContinuousClock.now
    defer { add(stage, since: start, items: count) }
    return try body()
  }

  /// Stage, microseconds and items, in the order of a document's way.
  package var snapshot: [(stage: Stage, microseconds: Int, items: Int)] {
    Stage.allCases.map {
      ($0, microseconds[$0.rawValue].value.load(ordering: .relaxed), items[$0.rawValue].value.load(ordering: .relaxed))
    }
  }
}
