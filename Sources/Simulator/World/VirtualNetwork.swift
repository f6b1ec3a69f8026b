import Ledger

/// The wires between all nodes, one for each direction. Times are milliseconds.
struct VirtualNetwork {
  let count: Int
  var latency = 2...12
  var lossPercent = 0
  var duplicationPercent = 0
  /// Messages that overtake others by up to a hundred milliseconds.
  var reorderPercent = 0
  var spikePercent = 0
  /// One kind of vote, alone and in certificates, that does not get through.
  var starved: VoteKind?
  private var isCut: [Bool]
  /// Extra delay of each wire.
  private var slow: [Int]

  /// What the wires really did.
  var lost = 0
  var duplicated = 0
  var reordered = 0
  var spikes = 0
  var refused = 0
  var withheld = 0

  init(count: Int) {
    self.count = count
    isCut = Array(repeating: false, count: count * count)
    slow = Array(repeating: 0, count: count * count)
  }

  var isWhole: Bool { !isCut.contains(true) }

  func reaches(_ from: Int, _ to: Int) -> Bool { !isCut[from * count + to] }

  mutating func heal() {
    for wire in isCut.indices {
      isCut[wire] = false
      slow[wire] = 0
    }
  }

  /// Everything that is not cut becomes perfect.
  mutating func calm() {
    lossPercent = 0
    duplicationPercent = 0
    reorderPercent = 0
    spikePercent = 0
    starved = nil
  }

  /// Nothing passes between `side` and the others.
  mutating func split(_ side: [Int]) {
    for from in 0..<count {
      for to in 0..<count where side.contains(from) != side.contains(to) { isCut[from * count + to] = true }
    }
  }

  /// Nothing passes from `from` to these; the other direction is left as it is.
  mutating func mute(_ from: Int, to: [Int]) {
    for to in to where to != from { isCut[from * count + to] = true }
  }

  mutating func slowDown(_ node: Int, by delay: Int) {
    for other in 0..<count {
      slow[node * count + other] = delay
      slow[other * count + node] = delay
    }
  }

  /// When a message arrives, and when its duplicate does.
  mutating func delays(
    from: Int, to: Int, _ generator: inout SeededGenerator
  ) -> (first: Int64?, second: Int64?) {
    let wire = from * count + to
    guard !isCut[wire] else {
      refused += 1
      return (nil, nil)
    }
    if lossPercent > 0, generator.percent(lossPercent) {
      lost += 1
      return (nil, nil)
    }
    let first = delay(wire, &generator)
    guard duplicationPercent > 0, generator.percent(duplicationPercent) else { return (first, nil) }
    duplicated += 1
    return (first, delay(wire, &generator) + Int64(generator.below(50)))
  }

  private mutating func delay(_ wire: Int, _ generator: inout SeededGenerator) -> Int64 {
    var delay = generator.within(latency) + slow[wire]
    if reorderPercent > 0, generator.percent(reorderPercent) {
      reordered += 1
      delay += generator.below(100)
    }
    if spikePercent > 0, generator.percent(spikePercent) {
      spikes += 1
      delay += generator.within(100...2_000)
    }
    return Int64(delay)
  }
}
