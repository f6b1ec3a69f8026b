import Synchronization

/// The history and the picture of a run, written by all sessions.
package final class ChaosRecorder: Sendable {
  private struct State {
    var history = History()
    var timeline: Timeline
    var refused = 0
    var unanswered = 0
    var ended: [String] = []
  }

  private let begin = ContinuousClock.now
  private let state: Mutex<State>

  package init(names: [String]) { state = Mutex(State(timeline: Timeline(names: names))) }

  package var milliseconds: Int { Int((ContinuousClock.now - begin).inMilliseconds) }

  func note(_ session: Int, _ node: String, _ what: History.Event.What) {
    let now = milliseconds
    state.withLock { state in
      state.history.note(History.Event(session: session, node: node, what))
      if case .acknowledged = what { state.timeline.acknowledge(at: now) }
    }
  }

  func noteRefusal() { state.withLock { $0.refused += 1 } }
  func noteEnd(_ text: String) { state.withLock { $0.ended.append(text) } }
  var ended: [String] { state.withLock { $0.ended } }
  func noteSilence() { state.withLock { $0.unanswered += 1 } }

  func mark(_ fault: Fault, begins: Bool) {
    let now = milliseconds
    state.withLock { state in
      var rows = [fault.node]
      if case .cut(let other) = fault.kind { rows.append(other) }
      for row in rows {
        if begins {
          state.timeline.begin(fault.sign, row: row, at: now)
        } else {
          state.timeline.end(fault.sign, row: row, at: now)
        }
      }
    }
  }

  package var acknowledged: Int { state.withLock { $0.history.acknowledged.count } }
  var anyAcknowledged: String? { state.withLock { $0.history.acknowledged.randomElement()?.document } }
  package var history: History { state.withLock { $0.history } }
  var counts: (refused: Int, unanswered: Int) { state.withLock { ($0.refused, $0.unanswered) } }
  package var picture: String { state.withLock { $0.timeline.picture(milliseconds: milliseconds) } }
}
