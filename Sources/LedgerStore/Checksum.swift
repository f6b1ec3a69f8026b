/// CRC-32C (Castagnoli; RFC 3720 appendix B.4). It finds accidents, not forgery: these files belong to the node.
package func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
  var remainder: UInt32 = .max
  for byte in bytes {
    remainder = castagnoli[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ (remainder >> 8)
  }
  return ~remainder
}

private let castagnoli: [UInt32] = (0..<256).map { index in
  (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
}

extension [UInt8] {
  mutating func appendBigEndian(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  /// Nil when the array ends before the integer does.
  func bigEndian<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type, at offset: Int) -> T? {
    guard offset >= 0, offset <= count - MemoryLayout<T>.size else { return nil }
    return self[offset..<offset + MemoryLayout<T>.size].reduce(0) { $0 << 8 | T($1) }
  }
}
