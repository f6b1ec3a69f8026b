import LedgerStore
import Testing

@Suite("CRC-32C")
struct ChecksumTests {
  private static let vectors: [([UInt8], UInt32)] = [
    (Array("123456789".utf8), 0xE306_9283),
    ([], 0),
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    ([UInt8](0...31), 0x46DD_794E),
    ([UInt8]((0...31).reversed()), 0x113F_DB5C),
  ]

  @Test("It gives the values of RFC 3720, appendix B.4", arguments: vectors)
  func known(bytes: [UInt8], expected: UInt32) {
    #expect(crc32c(bytes) == expected)
  }
}
