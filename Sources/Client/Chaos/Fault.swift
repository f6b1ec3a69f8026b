/// One thing that is done to a node process or to the links between nodes. Nodes are numbers, from 0; times are
/// milliseconds within a phase.
package struct Fault: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// `kill -9`; at the end a new start.
    case kill
    /// `SIGSTOP`; at the end `SIGCONT`.
    case pause
    /// All links of the node are cut: connections end, and none can be made.
    case isolate
    /// The links with one other node are cut.
    case cut(from: Int)
    /// Connections with one other node live, but nothing of what this node says arrives there.
    case mute(towards: Int)
    /// Everything to and from the node comes later, by half as much again at random.
    case delay(milliseconds: Int)
    /// Everything to and from the node comes slowly.
    case throttle(bytesPerSecond: Int)
    /// Every write that makes a file larger fails; at the end there is room again, and a new start.
    case fullDisk
    /// A restart with a clock that is wrong, and at the end one with a right clock.
    case clock(offsetMilliseconds: Int)
  }

  package let kind: Kind
  package let node: Int
  package let start: Int
  package let end: Int

  package init(_ kind: Kind, node: Int, from start: Int, to end: Int) {
    precondition(start >= 0 && end > start)
    self.kind = kind
    self.node = node
    self.start = start
    self.end = end
  }

  package static let names = [
    "kill", "pause", "isolate", "cut", "mute", "delay", "throttle", "fullDisk", "clock",
  ]

  package var name: String {
    switch kind {
    case .kill: "kill"
    case .pause: "pause"
    case .isolate: "isolate"
    case .cut: "cut"
    case .mute: "mute"
    case .delay: "delay"
    case .throttle: "throttle"
    case .fullDisk: "fullDisk"
    case .clock: "clock"
    }
  }

  /// In the picture.
  package var sign: Character {
    switch kind {
    case .kill: "K"
    case .pause: "S"
    case .isolate: "X"
    case .cut: "x"
    case .mute: "m"
    case .delay: "d"
    case .throttle: "t"
    case .fullDisk: "F"
    case .clock: "C"
    }
  }

  /// Whether the node cannot take part while it lasts: at most f of these at once leave a quorum.
  package var isGrave: Bool {
    switch kind {
    case .kill, .pause, .isolate, .fullDisk, .clock: true
    case .cut, .mute, .delay, .throttle: false
    }
  }

  package func text(_ names: [String]) -> String {
    let what =
      switch kind {
      case .kill: "is killed"
      case .pause: "is stopped (SIGSTOP)"
      case .isolate: "is cut off from all"
      case .cut(let other): "and \(names[other]) are cut off from each other"
      case .mute(let other): "is no longer heard by \(names[other])"
      case .delay(let milliseconds): "has slow links, \(milliseconds) ms and more"
      case .throttle(let rate): "has narrow links, \(rate / 1024) KiB/s"
      case .fullDisk: "has a full disk"
      case .clock(let offset): "restarts with a clock \(abs(offset)) ms \(offset < 0 ? "behind" : "ahead")"
      }
    return "\(names[node]) \(what) for \((end - start + 500) / 1000) s"
  }
}

/// Faults that belong together. After a phase everything is healed, and the network must be well again.
package struct FaultPhase: Equatable, Sendable {
  package enum Shape: String, Sendable {
    /// One fault. The others must go on meanwhile.
    case single
    /// Several faults that overlap, never more than f of them grave.
    case overlapping
    /// More than f nodes are hurt: nothing is promised but that nothing is lost and that it heals.
    case beyond
  }

  package let shape: Shape
  package let faults: [Fault]

  package init(_ shape: Shape, _ faults: [Fault]) {
    self.shape = shape
    self.faults = faults.sorted { ($0.start, $0.node) < ($1.start, $1.node) }
  }

  package var milliseconds: Int { faults.map(\.end).max() ?? 0 }

  /// The most nodes that are gravely hurt at one time.
  package var mostHurt: Int {
    faults.map { fault in
      Set(faults.filter { $0.isGrave && $0.start <= fault.start && $0.end > fault.start }.map(\.node)).count
    }.max() ?? 0
  }
}
