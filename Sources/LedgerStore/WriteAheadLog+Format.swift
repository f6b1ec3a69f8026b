// The log on disk. A folder holds segments named by their number, sixteen hexadecimal digits and `.log`, without gaps.
// All integers are big-endian.
//
//   segment   "LRWAL\0\0\1" (8) · number (8) · sequence number of its first record (8) · CRC-32C of these 24 (4)
//   record    CRC-32C of the rest (4) · payload length (4) · sequence number (8) · place in its group (4) · payload
//
// A group is what one `sync` made durable; it never spans segments. A group is written only when the one before it is
// durable, so a valid record proves that everything before its group had been durable, and damage there is not the
// trace of a crash. Within the last group the system may have written pages in any order.

extension WriteAheadLog {
  static let segmentHeaderBytes = 28
  static let recordHeaderBytes = 20
  private static let magic: [UInt8] = Array("LRWAL\0\0\u{1}".utf8)

  static func segmentHeader(_ number: UInt64, firstSequence: UInt64) -> [UInt8] {
    var bytes = magic
    bytes.appendBigEndian(number)
    bytes.appendBigEndian(firstSequence)
    bytes.appendBigEndian(crc32c(bytes))
    return bytes
  }

  /// Number and first sequence number; nil when the header is incomplete or damaged.
  static func parseSegmentHeader(_ bytes: [UInt8]) -> (number: UInt64, firstSequence: UInt64)? {
    guard let number = bytes.bigEndian(UInt64.self, at: 8), let sequence = bytes.bigEndian(UInt64.self, at: 16),
      bytes.starts(with: segmentHeader(number, firstSequence: sequence))
    else { return nil }
    return (number, sequence)
  }

  static func encode(_ payload: [UInt8], sequence: UInt64, place: UInt32, into bytes: inout [UInt8]) {
    var rest: [UInt8] = []
    rest.reserveCapacity(recordHeaderBytes + payload.count)
    rest.appendBigEndian(UInt32(payload.count))
    rest.appendBigEndian(sequence)
    rest.appendBigEndian(place)
    rest += payload
    bytes.appendBigEndian(crc32c(rest))
    bytes += rest
  }

  struct Record {
    let sequence: UInt64
    /// The sequence number of the first record of its group.
    let groupStart: UInt64
    let payload: Range<Int>
  }

  /// The whole and undamaged record that starts at `offset`, if there is one.
  static func record(_ bytes: [UInt8], at offset: Int) -> Record? {
    guard let checksum = bytes.bigEndian(UInt32.self, at: offset),
      let length = bytes.bigEndian(UInt32.self, at: offset + 4),
      let sequence = bytes.bigEndian(UInt64.self, at: offset + 8),
      let place = bytes.bigEndian(UInt32.self, at: offset + 16),
      case let start = offset + recordHeaderBytes, Int(length) <= min(maximumRecordBytes, bytes.count - start),
      UInt64(place) <= sequence, crc32c(bytes[offset + 4..<start + Int(length)]) == checksum
    else { return nil }
    return Record(sequence: sequence, groupStart: sequence - UInt64(place), payload: start..<start + Int(length))
  }

  /// Whether something after `offset`, where the record `sequence` should be, proves that it had been durable.
  static func wasDurable(_ sequence: UInt64, at offset: Int, in bytes: [UInt8]) -> Bool {
    var place = offset + 1
    while place <= bytes.count - recordHeaderBytes {
      // The sequence number is looked at first: only few values are possible, and a checksum at each byte is slow.
      let room = UInt64((place - offset) / recordHeaderBytes)
      if let found = bytes.bigEndian(UInt64.self, at: place + 8), found > sequence, found - sequence <= room,
        let record = record(bytes, at: place)
      {
        if record.groupStart > sequence { return true }
        place = record.payload.upperBound
      } else {
        place += 1
      }
    }
    return false
  }
}
