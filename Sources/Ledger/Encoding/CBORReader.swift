import Sodium

/// Why bytes are not the deterministic CBOR that was expected. `offset` is where reading stopped.
package struct CBORError: Error, Equatable, Sendable {
  package enum Reason: Equatable, Sendable {
    /// The bytes end inside an item.
    case truncated
    /// Longer head than needed, or indefinite length (E-2). The order of map keys is for who reads the map to check.
    case notCanonical
    /// Another item type stands where this one was expected.
    case unexpectedType
    /// A float, a tag or a simple value that this profile does not use.
    case unsupported
    case invalidUTF8
    /// A length, count or number above the bound that the reader of this item allows.
    case outOfBounds
    /// A well-formed item with a value that the structure does not allow.
    case invalidValue
    case trailingBytes
  }
  package let reason: Reason
  package let offset: Int

  package init(_ reason: Reason, offset: Int) {
    self.reason = reason
    self.offset = offset
  }
}

/// Reads deterministic CBOR and nothing else: what is not canonical fails (E-2). Lengths are checked against the bytes
/// that are really there before anything is allocated.
package struct CBORReader: Sendable {
  private let source: [UInt8]
  package private(set) var offset = 0

  package init(_ bytes: [UInt8]) { source = bytes }

  package var isAtEnd: Bool { offset == source.count }

  package func failure(_ reason: CBORError.Reason) -> CBORError { CBORError(reason, offset: offset) }

  package mutating func unsigned() throws(CBORError) -> UInt64 {
    try head(expecting: 0)
  }

  package mutating func unsigned(upTo bound: UInt64) throws(CBORError) -> UInt64 {
    let value = try unsigned()
    guard value <= bound else { throw failure(.outOfBounds) }
    return value
  }

  package mutating func integer() throws(CBORError) -> Int64 {
    guard let initial = peek else { throw failure(.truncated) }
    if initial >> 5 == 1 {
      let value = try head(expecting: 1)
      guard value <= UInt64(Int64.max) else { throw failure(.outOfBounds) }
      return ~Int64(value)
    }
    let value = try head(expecting: 0)
    guard value <= UInt64(Int64.max) else { throw failure(.outOfBounds) }
    return Int64(value)
  }

  package mutating func bytes(upTo bound: Int = .max) throws(CBORError) -> [UInt8] {
    Array(source[try range(major: 2, bound: bound)])
  }

  package mutating func digest() throws(CBORError) -> Digest {
    let range = try range(major: 2, bound: Digest.size)
    guard range.count == Digest.size else { throw failure(.invalidValue) }
    return Digest(copying: source, from: range.lowerBound)
  }

  package mutating func text(upTo bound: Int = .max) throws(CBORError) -> String {
    let range = try range(major: 3, bound: bound)
    guard let text = String(validating: source[range], as: UTF8.self) else { throw failure(.invalidUTF8) }
    return text
  }

  package mutating func array(upTo bound: Int = .max) throws(CBORError) -> Int {
    let count = try head(expecting: 4)
    // Each element takes at least one byte.
    guard count <= UInt64(min(bound, source.count - offset)) else { throw failure(.outOfBounds) }
    return Int(count)
  }

  /// The head of a structure: an array of exactly `count` members.
  package mutating func structure(_ count: Int) throws(CBORError) {
    guard try array() == count else { throw failure(.invalidValue) }
  }

  package mutating func map(upTo bound: Int = .max) throws(CBORError) -> Int {
    let count = try head(expecting: 5)
    guard count <= UInt64(min(bound, (source.count - offset) / 2)) else { throw failure(.outOfBounds) }
    return Int(count)
  }

  package mutating func bool() throws(CBORError) -> Bool {
    switch peek {
    case 0xf4: offset += 1; return false
    case 0xf5: offset += 1; return true
    case nil: throw failure(.truncated)
    default: throw failure(.unexpectedType)
    }
  }

  /// True, and the item is taken, when the next item is `null`.
  package mutating func null() -> Bool {
    guard peek == 0xf6 else { return false }
    offset += 1
    return true
  }

  package mutating func value<T: CBORCodable>(_ type: T.Type = T.self) throws(CBORError) -> T {
    try T(from: &self)
  }

  package mutating func list<T: CBORCodable>(of type: T.Type = T.self, upTo bound: Int = .max) throws(CBORError) -> [T]
  {
    let count = try array(upTo: bound)
    var values: [T] = []
    values.reserveCapacity(min(count, 1024))
    for _ in 0..<count { values.append(try T(from: &self)) }
    return values
  }

  package mutating func optional<T>(
    _ read: (inout CBORReader) throws(CBORError) -> T
  ) throws(CBORError) -> T? {
    null() ? nil : try read(&self)
  }

  package func finish() throws(CBORError) {
    guard isAtEnd else { throw failure(.trailingBytes) }
  }

  /// The initial byte of the next item, without taking it.
  package var peek: UInt8? { offset < source.count ? source[offset] : nil }

  private mutating func range(major: UInt8, bound: Int) throws(CBORError) -> Range<Int> {
    let count = try head(expecting: major)
    guard count <= UInt64(source.count - offset) else { throw failure(.truncated) }
    guard count <= UInt64(bound) else { throw failure(.outOfBounds) }
    let range = offset..<(offset + Int(count))
    offset = range.upperBound
    return range
  }

  private mutating func head(expecting major: UInt8) throws(CBORError) -> UInt64 {
    guard let initial = peek else { throw failure(.truncated) }
    guard initial >> 5 == major else { throw failure(initial >> 5 >= 6 ? .unsupported : .unexpectedType) }
    let information = initial & 0x1f
    if information < 24 {
      offset += 1
      return UInt64(information)
    }
    guard information < 28 else { throw failure(.notCanonical) }
    let width = 1 << Int(information - 24)
    guard source.count - offset > width else { throw failure(.truncated) }
    var value: UInt64 = 0
    for index in (offset + 1)...(offset + width) { value = value << 8 | UInt64(source[index]) }
    let smallest: UInt64 = width == 1 ? 24 : 1 << UInt64(width * 4)
    guard value >= smallest else { throw failure(.notCanonical) }
    offset += 1 + width
    return value
  }
}
