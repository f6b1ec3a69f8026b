/// What will be done to the nodes, decided by a seed alone.
package struct FaultPlan: Equatable, Sendable {
  package let phases: [FaultPhase]

  /// Phases for about `seconds` (a phase that has begun is ended): first two with one fault each, then one with several
  /// that overlap, then one beyond f, and again. Of single faults every kind has its turn before one comes again.
  package static func make(seed: UInt64, nodes: Int, seconds: Int) -> FaultPlan {
    var maker = Maker(random: SeededNumbers(seed: seed), nodes: nodes)
    var phases: [FaultPhase] = []
    var milliseconds = 0
    while milliseconds < seconds * 1000 || phases.isEmpty {
      let phase =
        switch phases.count % 4 {
        case 2: maker.overlapping()
        case 3: maker.beyond()
        default: maker.single()
        }
      phases.append(phase)
      // Healing takes a few seconds each time.
      milliseconds += phase.milliseconds + 3000
    }
    return FaultPlan(phases: phases)
  }
}

/// The same numbers for the same seed (SplitMix64).
struct SeededNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  mutating func element<T>(of list: [T]) -> T { list[number(0...list.count - 1)] }

  mutating func shuffled<T>(_ list: [T]) -> [T] {
    var list = list
    for index in list.indices.dropFirst().reversed() { list.swapAt(index, number(0...index)) }
    return list
  }
}

private struct Maker {
  var random: SeededNumbers
  let nodes: Int
  private var deck: [String] = []

  init(random: SeededNumbers, nodes: Int) {
    self.random = random
    self.nodes = nodes
  }

  private var mayFail: Int { (nodes - 1) / 3 }

  mutating func single() -> FaultPhase {
    if deck.isEmpty { deck = random.shuffled(Fault.names) }
    let node = random.number(0...nodes - 1)
    return FaultPhase(.single, [fault(deck.removeLast(), on: node, from: 500, lasting: random.number(5000...9000))])
  }

  /// 14 seconds: two grave ones on each of f nodes, one after the other, and three light ones on anybody.
  mutating func overlapping() -> FaultPhase {
    var faults: [Fault] = []
    for node in random.shuffled(Array(0..<nodes)).prefix(mayFail) {
      var time = random.number(0...2000)
      for _ in 0..<2 {
        let name = random.element(of: ["kill", "pause", "isolate", "fullDisk", "clock"])
        faults.append(fault(name, on: node, from: time, lasting: random.number(2000...4500)))
        time += 6000
      }
    }
    for _ in 0..<3 {
      let name = random.element(of: ["cut", "mute", "delay", "throttle"])
      let start = random.number(0...8000)
      faults.append(
        fault(name, on: random.number(0...nodes - 1), from: start, lasting: random.number(2000...6000)))
    }
    return FaultPhase(.overlapping, faults)
  }

  mutating func beyond() -> FaultPhase {
    let order = random.shuffled(Array(0..<nodes))
    let lasting = random.number(3000...8000)
    switch random.number(0...4) {
    case 0:
      // A power cut: all at once.
      return FaultPhase(.beyond, order.map { Fault(.kill, node: $0, from: 500, to: 2000) })
    case 1:
      // One after the other, each before the one before is back.
      return FaultPhase(
        .beyond, order.enumerated().map { Fault(.kill, node: $1, from: 500 + 1500 * $0, to: 4000 + 1500 * $0) })
    case 2:
      return FaultPhase(.beyond, order.prefix(mayFail + 1).map { Fault(.pause, node: $0, from: 500, to: 10_500) })
    case 3:
      // Two halves that do not reach each other.
      let half = order.prefix(nodes / 2)
      let pairs = half.flatMap { a in order.dropFirst(nodes / 2).map { (a, $0) } }
      return FaultPhase(.beyond, pairs.map { Fault(.cut(from: $1), node: $0, from: 500, to: 500 + lasting) })
    default:
      return FaultPhase(
        .beyond,
        order.prefix(mayFail + 1).map {
          fault(random.element(of: ["kill", "isolate", "fullDisk"]), on: $0, from: 500, lasting: lasting)
        })
    }
  }

  private mutating func fault(_ name: String, on node: Int, from start: Int, lasting: Int) -> Fault {
    let kind: Fault.Kind =
      switch name {
      case "pause": .pause
      case "isolate": .isolate
      case "cut": .cut(from: other(than: node))
      case "mute": .mute(towards: other(than: node))
      case "delay": .delay(milliseconds: random.element(of: [20, 100, 400, 1000]))
      case "throttle": .throttle(bytesPerSecond: random.element(of: [4, 16, 64]) << 10)
      case "fullDisk": .fullDisk
      case "clock": .clock(offsetMilliseconds: random.element(of: [-60_000, -3000, 3000, 60_000]))
      default: .kill
      }
    // A pause is one of ten seconds where nothing follows it.
    let lasting = kind == .pause && lasting >= 5000 ? 10_000 : lasting
    return Fault(kind, node: node, from: start, to: start + lasting)
  }

  private mutating func other(than node: Int) -> Int { (node + random.number(1...nodes - 1)) % nodes }
}
