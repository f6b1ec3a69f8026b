import Ledger

/// Which way what gets through. All numbers come from the seed.
struct SimulatedNetwork {
  let count: Int
  var lossPercent = 0
  var duplicationPercent = 0
  var spikePercent = 0
  var latency = 5...50
  /// Votes and certificates of this kind hardly get through anywhere.
  var starved: VoteKind?
  private var cut: [Bool]

  init(count: Int) {
    self.count = count
    cut = Array(repeating: false, count: count * count)
  }

  func isCut(from: Int, to: Int) -> Bool { cut[from * count + to] }

  /// The link works again: both ends notice.
  var isWhole: Bool { !cut.contains(true) }

  mutating func heal() { for index in cut.indices { cut[index] = false } }

  /// Symmetric: nothing between the side and the others.
  mutating func split(_ side: Set<Int>) {
    for from in 0..<count {
      for to in 0..<count where side.contains(from) != side.contains(to) { cut[from * count + to] = true }
    }
  }

  /// One-way: what `from` sends does not arrive at these.
  mutating func mute(from: Int, to: [Int]) {
    for peer in to where peer != from { cut[from * count + peer] = true }
  }

  /// The delays, in milliseconds, after which copies of one packet arrive: none when it is lost.
  func delays(of kind: VoteKind?, from: Int, to: Int, _ generator: inout SeededGenerator) -> (Int64?, Int64?) {
    if let starved, kind == starved, generator.percent(85) { return (nil, nil) }
    if isCut(from: from, to: to) || generator.percent(lossPercent) { return (nil, nil) }
    return (delay(&generator), generator.percent(duplicationPercent) ? delay(&generator) : nil)
  }

  private func delay(_ generator: inout SeededGenerator) -> Int64 {
    let normal = generator.within(latency)
    return Int64(generator.percent(spikePercent) ? normal + generator.below(2_000) : normal)
  }
}
