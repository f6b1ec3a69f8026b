import Ledger
import Sodium

/// The state tree as it is defined, from scratch and slowly: all pairs, sorted, and a recursion over them.
struct StateTreeModel {
  var values: [Digest: Digest] = [:]

  mutating func apply(_ changes: [StateTree.Change]) {
    for change in changes { values[change.path] = change.value }
  }

  var pairs: [(path: Digest, value: Digest)] {
    values.map { (path: $0.key, value: $0.value) }.sorted { $0.path < $1.path }
  }

  var root: Digest { Self.node(pairs, depth: 0) }

  private static func subtree(_ pairs: [(path: Digest, value: Digest)], depth: Int) -> Digest {
    switch pairs.count {
    case 0: .zero
    case 1: Digest(.stateLeaf, of: pairs[0].path.bytes + pairs[0].value.bytes)
    default: node(pairs, depth: depth)
    }
  }

  private static func node(_ pairs: [(path: Digest, value: Digest)], depth: Int) -> Digest {
    let children = (0..<16).map { nibble in
      subtree(pairs.filter { $0.path.nibble(depth) == nibble }, depth: depth + 1)
    }
    return four((0..<4).map { four(Array(children[($0 * 4)..<($0 * 4 + 4)])) })
  }

  private static func four(_ digests: [Digest]) -> Digest {
    digests.allSatisfy { $0 == .zero } ? .zero : Digest(.stateNode, of: digests.flatMap(\.bytes))
  }
}

/// SplitMix64: the same histories on every machine.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
