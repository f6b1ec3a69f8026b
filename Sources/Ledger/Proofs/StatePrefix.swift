import Sodium

/// A place in the state tree: the nibbles that lead there from the root.
package struct StatePrefix: Hashable, Sendable {
  /// The nibbles, with zeros after them: the lowest path below this place.
  package let path: Digest
  /// The number of nibbles, 0 for the root and 64 for a whole path.
  package let depth: Int

  package static let root = StatePrefix(path: .zero, depth: 0)

  package init(path: Digest, depth: Int) {
    self.path = path.keeping(nibbles: depth)
    self.depth = depth
  }

  package func contains(_ path: Digest) -> Bool { path.keeping(nibbles: depth) == self.path }

  /// Requires a depth below 64.
  func child(_ nibble: Int) -> StatePrefix {
    StatePrefix(path: path.replacing(nibble: depth, with: UInt8(nibble)), depth: depth + 1)
  }
}

extension StatePrefix: Comparable {
  package static func < (a: StatePrefix, b: StatePrefix) -> Bool { (a.path, a.depth) < (b.path, b.depth) }
}

extension StatePrefix: CBORCodable {
  /// [number of nibbles, the nibbles, two a byte, filled up with zero].
  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.unsigned(UInt64(depth))
    writer.bytes(path.bytes.prefix((depth + 1) / 2))
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    depth = Int(try reader.unsigned(upTo: UInt64(StateTree.maximumDepth)))
    let nibbles = try reader.bytes(upTo: Digest.size)
    guard nibbles.count == (depth + 1) / 2,
      let path = Digest(nibbles + [UInt8](repeating: 0, count: Digest.size - nibbles.count)),
      path.keeping(nibbles: depth) == path
    else { throw reader.failure(.invalidValue) }
    self.path = path
  }
}

extension Digest {
  /// The first nibbles, with zeros after them.
  func keeping(nibbles count: Int) -> Digest {
    precondition(count >= 0 && count <= 2 * Digest.size)
    return Digest { out in
      withUnsafeBytes { path in
        for index in 0..<(count >> 1) { out[index] = path[index] }
        if count & 1 == 1 { out[count >> 1] = path[count >> 1] & 0xf0 }
      }
    }
  }

  func replacing(nibble index: Int, with value: UInt8) -> Digest {
    Digest { out in
      withUnsafeBytes { out.copyMemory(from: $0) }
      let byte = out[index >> 1]
      out[index >> 1] = index & 1 == 0 ? byte & 0x0f | value << 4 : byte & 0xf0 | value
    }
  }
}
