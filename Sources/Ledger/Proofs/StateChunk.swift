import Sodium

/// Asks for all that lies below one place of a state tree.
package struct StateChunkRequest: Hashable, Sendable {
  /// The height whose state is meant.
  package let height: UInt64
  package let prefix: StatePrefix
  /// Of the subtree there, known from the state root downwards; the answer has to come to it.
  package let digest: Digest

  package init(height: UInt64, prefix: StatePrefix, digest: Digest) {
    self.height = height
    self.prefix = prefix
    self.digest = digest
  }
}

/// A key of the state with its value, as contracts know them.
package struct StateEntry: Equatable, Sendable {
  package let key: [UInt8]
  package let value: [UInt8]

  package init(key: [UInt8], value: [UInt8]) {
    self.key = key
    self.value = value
  }

  /// What it counts for in a chunk: its bytes, and sixteen so that small ones are bounded in number.
  package var weight: Int { key.count + value.count + 16 }
}

/// What lies there: everything, or, where that is too much for one message, the digests one level below.
package enum StateChunkAnswer: Equatable, Sendable {
  /// All entries below the place, in the order of their paths.
  case leaves([StateEntry])
  /// The digests of the sixteen places below, zero for those with nothing below them. They come to the digest that was
  /// asked for (`StateNode`), and become the next requests.
  case node([Digest])

  /// The weight of all entries of an answer that has more than one.
  package static let maximumWeight = 256 << 10
  /// The weight of the entry of an answer that has but one. No value of the state comes near it.
  package static let maximumEntryWeight = 1 << 20
  static let maximumEntries = maximumWeight / 16
}

/// Why an answer was not taken. Nothing of it is kept.
package enum StateChunkFailure: Error, Equatable, Sendable {
  /// No such request is outstanding: it was answered meanwhile, or never made.
  case notAsked
  /// Too many subtrees have been begun: take the answers to the first requests before this one.
  case full
  /// More than one message may hold; or nothing, or not sixteen digests.
  case size
  /// The paths do not ascend.
  case order
  /// A key whose path does not lie below the place.
  case outside
  /// What was sent is not what the state root commits to.
  case digest

  /// Whether the peer that sent the answer broke the rules.
  package var isOffence: Bool { self != .notAsked && self != .full }
}

/// What an answer that was proved adds to the store, in one batch with the download it came to.
package struct StateChunk: Sendable {
  package struct Entry: Equatable, Sendable {
    package let path: Digest
    package let key: [UInt8]
    package let value: [UInt8]
  }

  package let entries: [Entry]
  /// Nodes of the tree, all of the version that is downloaded.
  package let nodes: [(key: NodeKey, bytes: [UInt8])]
}

extension StateChunkRequest: CBORCodable {
  /// [height, place, digest].
  package func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.unsigned(height)
    writer.value(prefix)
    writer.digest(digest)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    height = try reader.unsigned()
    prefix = try reader.value()
    digest = try reader.digest()
  }
}

extension StateEntry: CBORCodable {
  /// [key, value].
  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.bytes(key)
    writer.bytes(value)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    key = try reader.bytes(upTo: StateChunkAnswer.maximumEntryWeight)
    value = try reader.bytes(upTo: StateChunkAnswer.maximumEntryWeight)
  }
}

extension StateChunkAnswer: CBORCodable {
  /// [0, entries] or [1, mask, digests]: bit i of the mask is set when place i is not empty, and the digests of those
  /// follow one another in a byte string.
  package func encode(to writer: inout CBORWriter) {
    switch self {
    case .leaves(let entries):
      writer.array(2)
      writer.unsigned(0)
      writer.list(entries)
    case .node(let digests):
      var mask: UInt64 = 0
      for (index, digest) in digests.enumerated() where digest != .zero { mask |= 1 << UInt64(index) }
      writer.array(3)
      writer.unsigned(1)
      writer.unsigned(mask)
      writer.bytes(digests.flatMap { $0 == .zero ? [] : $0.bytes })
    }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    let count = try reader.array(upTo: 3)
    switch (count, try reader.unsigned(upTo: 1)) {
    case (2, 0): self = .leaves(try reader.list(upTo: StateChunkAnswer.maximumEntries))
    case (3, 1):
      let mask = try reader.unsigned(upTo: 0xffff)
      let bytes = try reader.bytes(upTo: 16 * Digest.size)
      guard bytes.count == mask.nonzeroBitCount * Digest.size else { throw reader.failure(.invalidValue) }
      var digests = [Digest](repeating: .zero, count: 16)
      var offset = 0
      for index in 0..<16 where mask & 1 << UInt64(index) != 0 {
        digests[index] = Digest(copying: bytes, from: offset)
        guard digests[index] != .zero else { throw reader.failure(.invalidValue) }
        offset += Digest.size
      }
      self = .node(digests)
    default: throw reader.failure(.invalidValue)
    }
  }
}
