import Sodium
import Synchronization

/// How far a document has come. Each stage includes the ones before it.
package enum DocumentStage: Int, Comparable, Sendable, CaseIterable {
  case pending
  /// In a block that can never be undone.
  case finalized
  /// Performed here: its outcome is known.
  case executed
  /// The outcome stands under a certificate that proves it to anyone.
  case attested

  package static func < (a: DocumentStage, b: DocumentStage) -> Bool { a.rawValue < b.rawValue }
  package var name: String { "\(self)" }
  package init?(name: String) {
    guard let stage = DocumentStage.allCases.first(where: { $0.name == name }) else { return nil }
    self = stage
  }
}

/// Requests that wait for documents to reach a stage.
final class Waiters: Sendable {
  private final class Group: Sendable {
    struct State {
      var remaining: Int
      var continuation: CheckedContinuation<Void, Never>?
    }
    let stage: DocumentStage
    let state: Mutex<State>

    init(stage: DocumentStage, count: Int) {
      self.stage = stage
      state = Mutex(State(remaining: count, continuation: nil))
    }

    func countDown() {
      let ready = state.withLock { state -> CheckedContinuation<Void, Never>? in
        state.remaining -= 1
        guard state.remaining <= 0 else { return nil }
        defer { state.continuation = nil }
        return state.continuation
      }
      ready?.resume()
    }

    func giveUp() {
      let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
        state.remaining = 0
        defer { state.continuation = nil }
        return state.continuation
      }
      waiting?.resume()
    }
  }

  private let groups = Mutex<[Digest: [Group]]>([:])
  private let isClosed = Mutex(false)

  /// Returns when every one of `ids` has reached `stage`, or after `limit`. `reached` says what is so already.
  func wait(
    for ids: [Digest], stage: DocumentStage, limit: Duration, reached: (Digest) throws -> Bool
  ) async rethrows {
    let ids = Array(Set(ids))
    guard !ids.isEmpty, stage > .pending else { return }
    let group = Group(stage: stage, count: ids.count)
    groups.withLock { groups in for id in ids { groups[id, default: []].append(group) } }
    defer {
      groups.withLock { groups in
        for id in ids {
          groups[id]?.removeAll { $0 === group }
          if groups[id]?.isEmpty ?? false { groups[id] = nil }
        }
      }
    }
    // After joining the list, so that nothing slips between looking and waiting.
    if isClosed.withLock({ $0 }) { group.giveUp() }
    for id in ids where try reached(id) { leave(id, group) }
    let timer = Task {
      try await Task.sleep(for: limit)
      group.giveUp()
    }
    await withCheckedContinuation { continuation in
      let isReady = group.state.withLock { state in
        if state.remaining > 0 { state.continuation = continuation }
        return state.remaining <= 0
      }
      if isReady { continuation.resume() }
    }
    timer.cancel()
  }

  /// The node is stopping: nobody waits any longer, or the requests would hold it up.
  func close() {
    isClosed.withLock { $0 = true }
    for group in groups.withLock({ $0.values.flatMap { $0 } }) { group.giveUp() }
  }

  /// `id` has come to `stage`.
  func signal(_ ids: [Digest], _ stage: DocumentStage) {
    let ready = groups.withLock { groups -> [Group] in
      guard !groups.isEmpty else { return [] }
      var ready: [Group] = []
      for id in ids {
        guard let waiting = groups[id] else { continue }
        ready += waiting.filter { $0.stage <= stage }
        let rest = waiting.filter { $0.stage > stage }
        groups[id] = rest.isEmpty ? nil : rest
      }
      return ready
    }
    for group in ready { group.countDown() }
  }

  private func leave(_ id: Digest, _ group: Group) {
    let wasWaiting = groups.withLock { groups -> Bool in
      guard let index = groups[id]?.firstIndex(where: { $0 === group }) else { return false }
      groups[id]?.remove(at: index)
      if groups[id]?.isEmpty ?? false { groups[id] = nil }
      return true
    }
    if wasWaiting { group.countDown() }
  }

  /// Ids that someone waits for, to look at again when more is attested.
  var awaitingAttestation: [Digest] {
    groups.withLock { groups in
      groups.isEmpty ? [] : groups.filter { $0.value.contains { $0.stage == .attested } }.map(\.key)
    }
  }
}
