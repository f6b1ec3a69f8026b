import Sodium

/// Where a node of the state tree is stored: the version that wrote it and its path from the root. A node never
/// changes, so two versions share all that they have in common.
package struct NodeKey: Hashable, Sendable {
  package let version: UInt64
  /// Nibbles of the path, 0 for the root.
  package let depth: UInt8
  /// The path, with zeros after its `depth` nibbles.
  private let prefix: Digest

  package init(version: UInt64, path: Digest, depth: Int) {
    precondition(depth >= 0 && depth < StateTree.maximumDepth)
    self.version = version
    self.depth = UInt8(depth)
    prefix = path.keeping(nibbles: depth)
  }

  package static func root(version: UInt64) -> NodeKey { NodeKey(version: version, path: .zero, depth: 0) }

  /// version (8 bytes, big-endian) ‖ depth (1 byte) ‖ nibbles, two a byte: ascending versions are written in
  /// ascending order.
  package var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 9 + Digest.size) { out, count in
      for index in 0..<8 { out[index] = UInt8(truncatingIfNeeded: version >> UInt64(56 - 8 * index)) }
      out[8] = depth
      count = 9 + (Int(depth) + 1) / 2
      prefix.withUnsafeBytes { prefix in
        for index in 9..<count { out[index] = prefix[index - 9] }
      }
    }
  }
}

/// What hangs at one of the sixteen places of a node.
enum StateChild: Equatable, Sendable {
  case none
  /// The only key below this place: held here, so that it costs no node of its own.
  case leaf(path: Digest, value: Digest)
  /// Two keys or more, in a node of their own; its digest is kept here, so that an update reads only the nodes on
  /// its paths.
  case inner(version: UInt64, digest: Digest)

  var digest: Digest {
    switch self {
    case .none: .zero
    case .leaf(let path, let value): Digest(.stateLeaf, of: path, value)
    case .inner(_, let digest): digest
    }
  }
}

/// A node of the radix-16 tree.
///
/// Its digest is a 4-ary Merkle tree of two levels: four groups of four children, then the four groups. Four
/// digests are 128 bytes, exactly one BLAKE2b block, so a full node costs 5 compressions and one step of a proof 6
/// digests (192 bytes). A binary tree would cost 15 compressions and 128 bytes; one hash over all children 4 or 5,
/// but 480 bytes of proof. Leaves held here add one hash each; storing those digests instead would cost more in
/// bytes written than it saves. With 10^7 keys and 4,000 changes a block, about 2.7 nodes and 25 hashes a change.
struct StateNode: Equatable, Sendable {
  var children = [StateChild](repeating: .none, count: 16)

  var digest: Digest {
    StateNode.combined(group(0), group(1), group(2), group(3))
  }

  func group(_ index: Int) -> Digest {
    let first = index * 4
    return StateNode.combined(
      children[first].digest, children[first + 1].digest, children[first + 2].digest, children[first + 3].digest)
  }

  /// Zero stands for "nothing below", on every level.
  static func combined(_ a: Digest, _ b: Digest, _ c: Digest, _ d: Digest) -> Digest {
    if a == .zero && b == .zero && c == .zero && d == .zero { return .zero }
    return withUnsafeBytes(of: (a, b, c, d)) { Digest(.stateNode, of: $0) }
  }

  /// The only child, when it is a leaf; `.none` when there is no child; nil when the node has to stay.
  var collapsed: StateChild? {
    var only = StateChild.none
    for child in children {
      switch (child, only) {
      case (.none, _): continue
      case (.leaf, .none): only = child
      default: return nil
      }
    }
    return only
  }
}

extension StateNode {
  private static let innerSize = 8 + Digest.size
  private static let leafSize = 2 * Digest.size

  /// Two bitmaps, big-endian, bit i for child i: which places are taken, and which of those by leaves. Then, in
  /// order, for a leaf path ‖ value digest (64 bytes), for an inner child version ‖ digest (40 bytes).
  var bytes: [UInt8] {
    var taken: UInt16 = 0
    var leaves: UInt16 = 0
    for index in 0..<16 {
      switch children[index] {
      case .none: break
      case .leaf:
        taken |= 1 << UInt16(index)
        leaves |= 1 << UInt16(index)
      case .inner: taken |= 1 << UInt16(index)
      }
    }
    let size = StateNode.size(taken: taken, leaves: leaves)
    return [UInt8](unsafeUninitializedCapacity: size) { out, count in
      let memory = UnsafeMutableRawBufferPointer(out)
      memory.storeBytes(of: taken.bigEndian, toByteOffset: 0, as: UInt16.self)
      memory.storeBytes(of: leaves.bigEndian, toByteOffset: 2, as: UInt16.self)
      var offset = 4
      func put(_ digest: Digest) {
        digest.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: memory[offset...]).copyMemory(from: $0) }
        offset += Digest.size
      }
      for child in children {
        switch child {
        case .none: break
        case .leaf(let path, let value):
          put(path)
          put(value)
        case .inner(let version, let digest):
          memory.storeBytes(of: version.bigEndian, toByteOffset: offset, as: UInt64.self)
          offset += 8
          put(digest)
        }
      }
      count = offset
    }
  }

  private static func size(taken: UInt16, leaves: UInt16) -> Int {
    4 + leaves.nonzeroBitCount * leafSize + (taken & ~leaves).nonzeroBitCount * innerSize
  }

  /// Nil unless this is exactly what `bytes` writes.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    let read: [StateChild]? = bytes.withUnsafeBytes { memory in
      let taken = UInt16(bigEndian: memory.loadUnaligned(fromByteOffset: 0, as: UInt16.self))
      let leaves = UInt16(bigEndian: memory.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
      guard leaves & ~taken == 0, memory.count == StateNode.size(taken: taken, leaves: leaves) else { return nil }
      var children = [StateChild](repeating: .none, count: 16)
      var offset = 4
      func take() -> Digest {
        defer { offset += Digest.size }
        return Digest { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[offset..<(offset + Digest.size)])) }
      }
      for index in 0..<16 where taken & 1 << UInt16(index) != 0 {
        if leaves & 1 << UInt16(index) != 0 {
          let path = take()
          children[index] = .leaf(path: path, value: take())
        } else {
          let version = UInt64(bigEndian: memory.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
          offset += 8
          children[index] = .inner(version: version, digest: take())
        }
      }
      return children
    }
    guard let read else { return nil }
    children = read
  }
}
