/// A small value that is replaced often and must never go back: the highest vote this node may have signed (C-23). It
/// stands apart from the log, so that losing the log does not lose it.
///
/// Two slots of 4096 bytes take turns, so that a write in progress never touches the last durable value. A slot is
/// CRC-32C of the rest (4) · payload length (4) · sequence number (8) · payload, big-endian, zeros to the end.
package struct SignStateFile: ~Copyable, Sendable {
  package enum Contents: Equatable, Sendable {
    /// The last value written.
    case intact([UInt8])
    /// Only one slot can be read. Either a crash cut a write short, which had not returned, and this is the last value;
    /// or the newest slot has rotted, and this is the one before. The two look the same: trust it only together with a
    /// log that replays whole and holds a record (`nextSequence` above 1), as the log is synced first.
    case torn([UInt8])
    /// There is no file: a new node, or a lost one.
    case missing
    /// No value can be trusted.
    case damaged
  }

  package static let maximumBytes = 1024
  static let slotBytes = 4096
  private static let headerBytes = 16

  private let path: String
  private let files: any FileSystem
  private var file: (any StoredFile)?
  /// Of the slot to be written next; its parity says which.
  private var nextSequence: UInt64 = 0
  private var failure: StorageFailure?

  /// Touches no file yet.
  package init(path: String, files: any FileSystem = SystemFiles()) {
    self.path = path
    self.files = files
  }

  /// Reads the file, after which `write` may be used if there was a value.
  package mutating func read() throws(StorageFailure) -> Contents {
    file = nil
    let opened: any StoredFile
    do {
      opened = try files.open(path, .readWrite)
    } catch {
      if error.kind == .missing { return .missing }
      throw error
    }
    let size = 2 * SignStateFile.slotBytes
    guard try opened.byteCount() == size else { return .damaged }
    let bytes = try opened.read(size)
    let slots = [0, 1].map { SignStateFile.parse(Array(bytes[$0 * size / 2..<($0 + 1) * size / 2]), slot: $0) }
    guard let newest = slots.compactMap({ $0 }).max(by: { $0.sequence < $1.sequence }) else { return .damaged }
    let contents: Contents
    if let older = slots.compactMap({ $0 }).min(by: { $0.sequence < $1.sequence }), older.sequence != newest.sequence {
      guard older.sequence + 1 == newest.sequence else { return .damaged }
      contents = .intact(newest.payload)
    } else if newest.sequence == 0, bytes[(size / 2)...].allSatisfy({ $0 == 0 }) {
      contents = .intact(newest.payload)  // the second slot has never been used
    } else {
      contents = .torn(newest.payload)
    }
    nextSequence = newest.sequence + 1
    file = opened
    return contents
  }

  /// Replaces the value; durable on return. One write and one sync. Only after `read` found a value, or `replace`:
  /// over a missing or damaged file it fails, as such a node must not vote.
  package mutating func write(_ bytes: [UInt8]) throws(StorageFailure) {
    try refuse(bytes)
    guard let file else {
      throw StorageFailure(.missing, "the sign-state file \(path) holds no value to go on from")
    }
    let slot = Int(nextSequence & 1)
    do {
      try file.write(SignStateFile.encode(bytes, nextSequence), at: slot * SignStateFile.slotBytes)
      try file.sync()
    } catch {
      failure = error
      throw error
    }
    nextSequence += 1
  }

  /// Starts the file anew, whatever is there: for a new node, and for one whose file was lost once the protocol
  /// allows it to vote again. Durable on return; until then the old file stays.
  package mutating func replace(_ bytes: [UInt8]) throws(StorageFailure) {
    try refuse(bytes)
    file = nil
    let part = path + ".part"
    do {
      let fresh = try files.open(part, .create)
      let vacant = [UInt8](repeating: 0, count: SignStateFile.slotBytes)
      try fresh.write(SignStateFile.encode(bytes, 0) + vacant, at: 0)
      try fresh.sync()
      try files.rename(part, to: path)
      try files.syncFolder(files.folder(of: path))
      file = fresh
    } catch {
      failure = error
      throw error
    }
    nextSequence = 1
  }

  /// A value that may or may not be on disk is no longer known: only a new start, which reads the file, tells.
  private func refuse(_ bytes: [UInt8]) throws(StorageFailure) {
    if let failure {
      throw StorageFailure(
        failure.kind, "the sign-state file \(path) is closed since a failure (\(failure.message))",
        advice: "Restart the node")
    }
    guard bytes.count <= SignStateFile.maximumBytes else {
      throw StorageFailure(.tooLarge, "a sign-state of \(bytes.count) bytes exceeds \(SignStateFile.maximumBytes)")
    }
  }

  private static func encode(_ payload: [UInt8], _ sequence: UInt64) -> [UInt8] {
    var rest: [UInt8] = []
    rest.appendBigEndian(UInt32(payload.count))
    rest.appendBigEndian(sequence)
    rest += payload
    rest += [UInt8](repeating: 0, count: slotBytes - 4 - rest.count)
    var bytes: [UInt8] = []
    bytes.appendBigEndian(crc32c(rest))
    return bytes + rest
  }

  private static func parse(_ bytes: [UInt8], slot: Int) -> (sequence: UInt64, payload: [UInt8])? {
    guard let checksum = bytes.bigEndian(UInt32.self, at: 0), crc32c(bytes[4...]) == checksum,
      let length = bytes.bigEndian(UInt32.self, at: 4), Int(length) <= maximumBytes,
      let sequence = bytes.bigEndian(UInt64.self, at: 8), sequence < .max, Int(sequence & 1) == slot
    else { return nil }
    return (sequence, Array(bytes[headerBytes..<headerBytes + Int(length)]))
  }
}
