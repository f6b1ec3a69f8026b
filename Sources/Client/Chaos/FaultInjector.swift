import Foundation
import Glibc

/// Does to the nodes what a plan says, and undoes it.
actor FaultInjector {
  private let network: LocalNetwork
  private let links: LinkProxies
  private var active: [(fault: Fault, effectsBefore: Int)] = []
  /// Faults that really happened, by name.
  private(set) var happened: [String: Int] = [:]

  init(network: LocalNetwork, links: LinkProxies) {
    self.network = network
    self.links = links
  }

  private func name(_ node: Int) -> String { network.seats[node].name }

  /// Whether a node's process may be gone without being to blame.
  func mayBeDown(_ node: Int) -> Bool {
    active.contains { active in
      guard active.fault.node == node else { return false }
      switch active.fault.kind {
      case .kill, .fullDisk, .clock: return true
      default: return false
      }
    }
  }

  func begin(_ fault: Fault) throws {
    active.append((fault, links.effects(on: fault.node)))
    switch fault.kind {
    case .kill: network.kill(name(fault.node))
    case .pause: signal(fault.node, SIGSTOP)
    case .fullDisk: try limitFiles(of: fault.node)
    case .clock(let offset): try restart(fault.node, clockOffset: offset)
    case .isolate, .cut, .mute, .delay, .throttle: setLinks()
    }
  }

  /// False when the fault should have ended the node, and did not.
  @discardableResult
  func end(_ fault: Fault) async throws -> Bool {
    guard let effectsBefore = active.first(where: { $0.fault == fault })?.effectsBefore else { return true }
    var isReal = true
    switch fault.kind {
    case .kill: try network.start(name(fault.node))
    case .pause: signal(fault.node, SIGCONT)
    case .fullDisk:
      isReal = await hasEnded(name(fault.node), within: .seconds(10))
      if !isReal { network.kill(name(fault.node)) }
      try network.start(name(fault.node))
    case .clock: try restart(fault.node, clockOffset: 0)
    case .isolate, .cut, .mute, .delay, .throttle: isReal = links.effects(on: fault.node) > effectsBefore
    }
    active.removeAll { $0.fault == fault }
    setLinks()
    if isReal { happened[fault.name, default: 0] += 1 }
    return isReal || fault.kind != .fullDisk
  }

  private func hasEnded(_ name: String, within limit: Duration) async -> Bool {
    let deadline = ContinuousClock.now + limit
    while network.processID(of: name) != nil {
      guard ContinuousClock.now < deadline else { return false }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return true
  }

  private func signal(_ node: Int, _ number: Int32) {
    if let process = network.processID(of: name(node)) { Glibc.kill(process, number) }
  }

  private func restart(_ node: Int, clockOffset: Int) throws {
    network.kill(name(node))
    try ConfigurationFile(home: network.seats[node].home).setClockOffset(milliseconds: clockOffset)
    try network.start(name(node))
  }

  /// As on a full disk: what would make a file longer fails, the process lives. It must ignore SIGXFSZ, as all do that
  /// are started by one that does. `prlimit` is a program of every Linux (util-linux).
  private func limitFiles(of node: Int) throws {
    guard let process = network.processID(of: name(node)) else { return }
    let limiter = Process()
    limiter.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
    limiter.arguments = ["--pid", "\(process)", "--fsize=0:"]
    limiter.standardError = FileHandle.nullDevice
    try limiter.run()
    limiter.waitUntilExit()
  }

  private func setLinks() {
    let count = network.seats.count
    var states = Array(repeating: Array(repeating: LinkState(), count: count), count: count)
    for (fault, _) in active {
      let node = fault.node
      let others = (0..<count).filter { $0 != node }
      switch fault.kind {
      case .isolate: for other in others { states[node][other].isCut = true }
      case .cut(let other): states[node][other].isCut = true
      case .mute(let other): states[node][other].isMute = true
      case .delay(let milliseconds):
        for other in others {
          states[node][other].delayMilliseconds = milliseconds
          states[other][node].delayMilliseconds = milliseconds
        }
      case .throttle(let rate):
        for other in others {
          states[node][other].bytesPerSecond = rate
          states[other][node].bytesPerSecond = rate
        }
      case .kill, .pause, .fullDisk, .clock: break
      }
    }
    links.set(states)
  }
}
