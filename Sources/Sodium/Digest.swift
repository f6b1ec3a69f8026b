import CSodium

/// Thirty-two bytes of hash, held inline so that it can be a key, compared and copied without allocation.
package struct Digest: Hashable, Sendable {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  package static let size = 32
  package static let zero = Digest(words: (0, 0, 0, 0))

  private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// Nil unless there are exactly 32 bytes.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Digest.size else { return nil }
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    self.words = words
  }

  /// The 32 bytes of `bytes` from `offset` on, which must be there: the way of readers that have checked the length.
  package init(copying bytes: [UInt8], from offset: Int) {
    precondition(offset >= 0 && bytes.count - offset >= Digest.size)
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    bytes.withUnsafeBytes { source in
      Swift.withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: .init(rebasing: source[offset..<offset + 32])) }
    }
    self.words = words
  }

  package init(filling body: (UnsafeMutableRawBufferPointer) -> Void) {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &words, body)
    self.words = words
  }

  package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    Swift.withUnsafeBytes(of: words, body)
  }

  package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

  /// The four-bit step `index` (0…63) of a path through a radix-16 tree, most significant first.
  package func nibble(_ index: Int) -> UInt8 {
    precondition(index >= 0 && index < 64)
    return withUnsafeBytes { index & 1 == 0 ? $0[index >> 1] >> 4 : $0[index >> 1] & 15 }
  }

  package static func == (a: Digest, b: Digest) -> Bool {
    a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2 && a.words.3 == b.words.3
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.3)
  }
}

extension Digest: Comparable {
  /// The order of the bytes, the same on every machine.
  package static func < (a: Digest, b: Digest) -> Bool {
    if a.words.0 != b.words.0 { return a.words.0.bigEndian < b.words.0.bigEndian }
    if a.words.1 != b.words.1 { return a.words.1.bigEndian < b.words.1.bigEndian }
    if a.words.2 != b.words.2 { return a.words.2.bigEndian < b.words.2.bigEndian }
    return a.words.3.bigEndian < b.words.3.bigEndian
  }
}

extension Digest: CustomStringConvertible {
  /// 64 lower-case hexadecimal digits: the form in which ids appear in documents, URLs and logs.
  package var description: String { withUnsafeBytes { hexadecimal($0) } }

  /// Nil unless 64 lower-case hexadecimal digits: one digest has one spelling.
  package init?(hexadecimal text: some StringProtocol) {
    guard let bytes = bytesOf(hexadecimal: text) else { return nil }
    self.init(bytes)
  }
}

package func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  text.reserveCapacity(bytes.count * 2)
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}

/// Nil for an odd length or anything but `0-9a-f`.
package func bytesOf(hexadecimal text: some StringProtocol) -> [UInt8]? {
  var bytes: [UInt8] = []
  var high: UInt8?
  for character in text.utf8 {
    let value: UInt8
    switch character {
    case 0x30...0x39: value = character - 0x30
    case 0x61...0x66: value = character - 0x61 + 10
    default: return nil
    }
    if let first = high {
      bytes.append(first << 4 | value)
      high = nil
    } else {
      high = value
    }
  }
  return high == nil ? bytes : nil
}
