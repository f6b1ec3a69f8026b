import Ledger

/// A decoder of bytes from outside, and what must hold whatever the bytes are. A broken promise is a fatal error.
struct FuzzTarget: Sendable {
  let name: String
  /// No longer inputs are tried.
  var maximumBytes = 4096
  /// Valid inputs to begin with.
  let seeds: @Sendable () -> [[UInt8]]
  /// What inputs are likely to contain.
  var words: [String] = []
  var bytes: [[UInt8]] = []
  let attack: @Sendable ([UInt8]) -> Void

  /// Numbers in CBOR at the ends of what they can be.
  static let extremes: [[UInt8]] = [
    [0x1b] + [UInt8](repeating: 0xff, count: 8), [0x1b, 0x7f] + [UInt8](repeating: 0xff, count: 7),
    [0x1b, 0x80] + [UInt8](repeating: 0, count: 7), [0x3b, 0x7f] + [UInt8](repeating: 0xff, count: 7),
  ]

  static let all: [FuzzTarget] = [
    json, documents, acts, execution, genesis, keyFile, opening, business, chain, messages, proofs, download, objects,
    log, frames, spelling,
  ]
}

/// Types with one encoding, chosen by an input's first byte.
struct CodableTypes: Sendable {
  struct Entry: Sendable {
    let attack: @Sendable ([UInt8]) -> Void
    let seeds: @Sendable () -> [[UInt8]]
  }

  let entries: [Entry]

  init(_ entries: [Entry]) { self.entries = entries }

  func attack(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    entries[Int(first) % entries.count].attack(Array(bytes.dropFirst()))
  }

  /// The examples, and each of them with one long number at an end of what it can be.
  func seeds() -> [[UInt8]] {
    entries.enumerated().flatMap { index, entry in
      entry.seeds().flatMap { [$0] + CodableTypes.withExtremes($0) }.map { [UInt8(index)] + $0 }
    }
  }

  private static func withExtremes(_ example: [UInt8]) -> [[UInt8]] {
    example.indices.dropLast(8).filter { example[$0] == 0x1b }.flatMap { place in
      FuzzTarget.extremes.prefix(2).map { extreme in
        var changed = example
        changed.replaceSubrange(place..<place + 9, with: extreme)
        return changed
      }
    }
  }

  /// What is read is written again to the very bytes that it was read from (E-1, E-2); `then` may look further.
  static func type<T: CBORCodable & Sendable>(
    _ examples: T..., then: @escaping @Sendable (T) -> Void = { _ in }
  ) -> Entry {
    Entry(
      attack: { bytes in
        guard let value = try? T(cbor: bytes) else { return }
        demand(value.cbor == bytes, "\(T.self) was read from bytes that it does not write")
        then(value)
      },
      seeds: { examples.map(\.cbor) })
  }
}

/// What must hold whatever the input is. Unlike `precondition`, it says what was broken in optimized code too.
func demand(
  _ condition: Bool, _ message: @autoclosure () -> String = "it does not hold", file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition { fatalError(message(), file: file, line: line) }
}
