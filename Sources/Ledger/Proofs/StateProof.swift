import Sodium

/// What a key's value is under a state root, or that the key has none.
///
/// About log16 of the number of keys steps: some 900 bytes among 10^7 keys.
package struct StateProof: Equatable, Sendable {
  /// The siblings in one node, from the root down: the other three children of the path's group, then the other three
  /// groups; zero where there is nothing.
  struct Step: Equatable, Sendable {
    var siblings: [Digest]

    init(_ node: StateNode, nibble: Int) {
      let group = nibble / 4
      siblings = (group * 4..<group * 4 + 4).filter { $0 != nibble }.map { node.children[$0].digest }
      siblings += (0..<4).filter { $0 != group }.map { node.group($0) }
    }

    init(siblings: [Digest]) { self.siblings = siblings }

    func parent(of child: Digest, nibble: Int) -> Digest {
      func combined(_ own: Digest, _ place: Int, _ others: ArraySlice<Digest>) -> Digest {
        var four = others
        four.insert(own, at: four.startIndex + place)
        let first = four.startIndex
        return StateNode.combined(four[first], four[first + 1], four[first + 2], four[first + 3])
      }
      return combined(combined(child, nibble % 4, siblings[0..<3]), nibble / 4, siblings[3..<6])
    }
  }

  let steps: [Step]
  /// For an absent key whose place another key has: that leaf.
  let other: Leaf?

  struct Leaf: Equatable, Sendable {
    let path: Digest
    let value: Digest
  }

  /// P-4: under `root`, the key with this path has exactly this value digest, or none when nil.
  package static func verify(_ proof: StateProof, root: Digest, path: Digest, value: Digest?) -> Bool {
    let depth = proof.steps.count
    guard depth <= StateTree.maximumDepth else { return false }
    var digest: Digest
    switch (value, proof.other) {
    case (let value?, nil): digest = StateChild.leaf(path: path, value: value).digest
    case (nil, nil): digest = .zero
    case (nil, let other?):
      // Only a leaf on the way to the key keeps the key from being below.
      guard other.path != path, (0..<depth).allSatisfy({ other.path.nibble($0) == path.nibble($0) }) else {
        return false
      }
      digest = StateChild.leaf(path: other.path, value: other.value).digest
    case (_?, _?): return false
    }
    // Leaves hang in nodes: without a node there is nothing to prove but emptiness.
    if depth == 0 { return root == StateTree.emptyRoot && digest == .zero }
    for index in (0..<depth).reversed() {
      digest = proof.steps[index].parent(of: digest, nibble: Int(path.nibble(index)))
      // No node is empty; such a step would only lengthen a proof.
      guard digest != .zero else { return false }
    }
    return digest == root
  }
}

extension StateTree {
  /// The value digest of a key in the version with this root, and its proof.
  package static func proof(
    root version: UInt64?, path: Digest, reader: some StateTreeReader
  ) throws(StateTreeFailure) -> (value: Digest?, proof: StateProof) {
    guard let version else { return (nil, StateProof(steps: [], other: nil)) }
    var key = NodeKey.root(version: version)
    var steps: [StateProof.Step] = []
    for depth in 0..<maximumDepth {
      let node = try node(key, reader)
      if depth == 0, node.digest == emptyRoot { break }
      let nibble = Int(path.nibble(depth))
      steps.append(StateProof.Step(node, nibble: nibble))
      switch node.children[nibble] {
      case .none: return (nil, StateProof(steps: steps, other: nil))
      case .leaf(let leafPath, let value):
        if leafPath == path { return (value, StateProof(steps: steps, other: nil)) }
        return (nil, StateProof(steps: steps, other: StateProof.Leaf(path: leafPath, value: value)))
      case .inner(let childVersion, _):
        guard depth + 1 < maximumDepth else { throw .inconsistent(key) }
        key = NodeKey(version: childVersion, path: path, depth: depth + 1)
      }
    }
    return (nil, StateProof(steps: steps, other: nil))
  }
}

extension StateProof: CBORCodable {
  /// [[[mask, digests], …], null or [path, value]]: bit i of the mask is set when sibling i is not zero, and the
  /// digests of those follow one another in a byte string.
  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.array(steps.count)
    for step in steps {
      var mask: UInt64 = 0
      var bytes: [UInt8] = []
      for (index, sibling) in step.siblings.enumerated() where sibling != .zero {
        mask |= 1 << UInt64(index)
        bytes += sibling.bytes
      }
      writer.array(2)
      writer.unsigned(mask)
      writer.bytes(bytes)
    }
    writer.optional(other) { writer, other in
      writer.array(2)
      writer.digest(other.path)
      writer.digest(other.value)
    }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    let count = try reader.array(upTo: StateTree.maximumDepth)
    var steps: [Step] = []
    for _ in 0..<count {
      try reader.structure(2)
      let mask = try reader.unsigned(upTo: 63)
      let bytes = try reader.bytes(upTo: 6 * Digest.size)
      guard bytes.count == mask.nonzeroBitCount * Digest.size else { throw reader.failure(.invalidValue) }
      var siblings = [Digest](repeating: .zero, count: 6)
      var offset = 0
      for index in 0..<6 where mask & 1 << UInt64(index) != 0 {
        guard let sibling = Digest(bytes[offset..<(offset + Digest.size)]), sibling != .zero else {
          throw reader.failure(.invalidValue)
        }
        siblings[index] = sibling
        offset += Digest.size
      }
      steps.append(Step(siblings: siblings))
    }
    self.steps = steps
    other = try reader.optional { reader throws(CBORError) in
      try reader.structure(2)
      return Leaf(path: try reader.digest(), value: try reader.digest())
    }
  }
}
