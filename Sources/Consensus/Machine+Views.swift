import Ledger
import Sodium

/// The views held, and the way from one to the next.
extension Machine {
  /// The place of `view` in `views`, or where it would be.
  private func position(_ view: UInt64) -> Int {
    // Nearly every question is about the last few.
    var low = 0
    var high = views.count
    if let last = views.last, last.view <= view { return last.view == view ? high - 1 : high }
    while low < high {
      let middle = (low + high) / 2
      if views[middle].view < view { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func index(of view: UInt64) -> Int? {
    let index = position(view)
    return index < views.count && views[index].view == view ? index : nil
  }

  func state(_ view: UInt64) -> ViewState? { index(of: view).map { views[$0] } }

  /// Where the views above `view` begin.
  func start(above view: UInt64) -> Int { view == .max ? views.count : position(view + 1) }

  /// The place of a view that is held from now on.
  mutating func hold(_ view: UInt64) -> Int {
    let index = position(view)
    if index == views.count || views[index].view != view { views.insert(ViewState(view: view), at: index) }
    return index
  }

  /// The parent condition of C-4: final, or chosen by q with its body durable and valid here.
  func isReady(parent view: UInt64) -> Bool {
    view == floor.view || (view > floor.view && index(of: view).map { views[$0].certified } ?? false)
  }

  func payload(of view: UInt64) -> Digest? {
    view == floor.view ? floor.payload : index(of: view).flatMap { views[$0].chosen?.payload }
  }

  func isNullified(_ view: UInt64) -> Bool {
    index(of: view).map { views[$0].nullification != nil } ?? false
  }

  /// C-4: a nullification for every view between the parent and the child.
  func areNullified(between parent: UInt64, and child: UInt64) -> Bool {
    guard parent < child else { return false }
    var view = child - 1
    while view > parent {
      guard isNullified(view) else { return false }
      view -= 1
    }
    return true
  }

  /// C-9, C-10, C-11: the highest certificate says where to be. A notarization brings the node into its view, and, once
  /// its block is certified, into the next; the two others into the next at once.
  mutating func moveOn() {
    var target = currentView
    var reason: Certificate?
    for index in position(currentView)..<views.count {
      let state = views[index]
      if let certificate = state.finalization ?? state.nullification ?? (state.certified ? state.notarization : nil) {
        target = state.view + 1
        reason = certificate
      } else if let notarization = state.notarization, state.view > target {
        target = state.view
        reason = notarization
      }
    }
    guard let reason else { return }
    enter(target, by: reason)
    forgetExcess()
  }

  private mutating func enter(_ view: UInt64, by certificate: Certificate) {
    precondition(view > currentView)
    if view == currentView + 1 {
      for index in silence.indices where index != configuration.me { silence[index] = min(silence[index] + 1, 1_000) }
    }
    currentView = view
    entry = certificate
    leaderExpired = false
    viewExpired = false
    building = nil
    buildFailed = false
    hasFetched = false
    enteredSinceRetry = true
    awake = !idle || !(state(view)?.isEmpty ?? true)
    mustArm = true
  }

  /// Drops what nobody can use any more, `retention` views below the floor (C-11).
  mutating func prune() {
    guard floor.view > configuration.retention else { return }
    forget(through: floor.view - configuration.retention - 1)
  }

  /// The last bound: a network that has finalized nothing for thousands of views.
  private mutating func forgetExcess() {
    if views.count > configuration.maximumViews {
      forget(through: views[views.count - configuration.maximumViews - 1].view)
    }
  }

  private mutating func forget(through view: UInt64) {
    guard view > forgotten else { return }
    forgotten = view
    views.removeSubrange(..<start(above: view))
    rules.close(through: view)
  }
}
