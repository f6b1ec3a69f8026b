import Sodium

/// A value with one deterministic CBOR encoding (RFC 8949 §4.2.1): the form that machines hash, store and send.
///
/// Structures are CBOR arrays of their members in a fixed order; absent optional members are `null`.
package protocol CBORCodable {
  func encode(to writer: inout CBORWriter)
  init(from reader: inout CBORReader) throws(CBORError)
}

extension CBORCodable {
  package var cbor: [UInt8] {
    var writer = CBORWriter()
    encode(to: &writer)
    return writer.bytes
  }

  /// Decodes exactly these bytes; anything left over is an error (E-3).
  package init(cbor bytes: [UInt8]) throws(CBORError) {
    var reader = CBORReader(bytes)
    try self.init(from: &reader)
    try reader.finish()
  }
}

/// Writes deterministic CBOR: shortest heads, definite lengths, no floats, no tags (E-1).
package struct CBORWriter: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

  package mutating func unsigned(_ value: UInt64) { head(0, value) }

  package mutating func integer(_ value: Int64) {
    if value >= 0 { head(0, UInt64(value)) } else { head(1, UInt64(bitPattern: ~value)) }
  }

  package mutating func bytes(_ value: some Collection<UInt8>) {
    head(2, UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  package mutating func digest(_ value: Digest) {
    head(2, UInt64(Digest.size))
    value.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  package mutating func text(_ value: String) {
    head(3, UInt64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  package mutating func array(_ count: Int) { head(4, UInt64(count)) }

  /// The caller writes `count` pairs whose encoded keys ascend bytewise.
  package mutating func map(_ count: Int) { head(5, UInt64(count)) }

  package mutating func bool(_ value: Bool) { bytes.append(value ? 0xf5 : 0xf4) }

  package mutating func null() { bytes.append(0xf6) }

  package mutating func value(_ value: some CBORCodable) { value.encode(to: &self) }

  package mutating func list(_ values: [some CBORCodable]) {
    array(values.count)
    for value in values { value.encode(to: &self) }
  }

  package mutating func optional<T>(_ value: T?, _ write: (inout CBORWriter, T) -> Void) {
    if let value { write(&self, value) } else { null() }
  }

  private mutating func head(_ major: UInt8, _ value: UInt64) {
    let type = major << 5
    switch value {
    case 0..<24: bytes.append(type | UInt8(value))
    case 24...0xff: append(type | 24, value, width: 1)
    case 0x100...0xffff: append(type | 25, value, width: 2)
    case 0x1_0000...0xffff_ffff: append(type | 26, value, width: 4)
    default: append(type | 27, value, width: 8)
    }
  }

  private mutating func append(_ initial: UInt8, _ value: UInt64, width: Int) {
    bytes.append(initial)
    for shift in stride(from: (width - 1) * 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }
}
