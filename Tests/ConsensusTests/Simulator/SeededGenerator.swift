/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): small, fast, the same everywhere.
struct SeededGenerator: Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return mix(state)
  }

  /// 0 ..< bound. The bias of the remainder is far below what a simulation could notice.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func percent(_ chance: Int) -> Bool { below(100) < chance }

  mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }
}

func mix(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}
