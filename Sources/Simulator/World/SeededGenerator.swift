/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): small, fast, the same everywhere.
package struct SeededGenerator: Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return mix(state)
  }

  /// 0 ..< bound. The bias of the remainder is far below what a simulation could notice.
  package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  package mutating func percent(_ chance: Int) -> Bool { below(100) < chance }

  package mutating func permille(_ chance: Int) -> Bool { below(1000) < chance }

  package mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  package mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

  package mutating func shuffle<T>(_ items: inout [T]) {
    var rest = items.count
    while rest > 1 {
      let place = below(rest)
      rest -= 1
      items.swapAt(place, rest)
    }
  }
}

package func mix(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}

/// A number for bytes, the same in every process.
package func fingerprint(_ bytes: [UInt8]) -> UInt64 {
  bytes.withUnsafeBytes { buffer in
    var state = UInt64(buffer.count) &* 0x9e37_79b9_7f4a_7c15
    var offset = 0
    while offset + 8 <= buffer.count {
      state = mix(state ^ buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var rest: UInt64 = 0
    while offset < buffer.count {
      rest = rest << 8 | UInt64(buffer[offset])
      offset += 1
    }
    return mix(state ^ rest)
  }
}
