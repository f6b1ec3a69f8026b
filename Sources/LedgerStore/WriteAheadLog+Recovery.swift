extension WriteAheadLog {
  struct Recovered {
    var segments: [Segment] = []
    var nextSequence: UInt64 = 1
    var cutBytes = 0
  }

  static func path(_ folder: String, _ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return "\(folder)/\(String(repeating: "0", count: 16 - digits.count))\(digits).log"
  }

  /// Reads all segments and leaves only what is valid, durably.
  static func recover(_ folder: String, in files: any FileSystem) throws(StorageFailure) -> Recovered {
    try files.createFolder(folder)
    let numbers = try files.names(in: folder).compactMap { name -> UInt64? in
      guard name.hasSuffix(".log"), let number = UInt64(name.dropLast(4), radix: 16) else { return nil }
      return path(folder, number) == "\(folder)/\(name)" ? number : nil
    }
    var found = Recovered()
    for (index, number) in numbers.enumerated() {
      let path = path(folder, number)
      if index > 0, number != numbers[index - 1] + 1 {
        throw damage(path, 0, "segment \(numbers[index - 1] + 1) before it is missing")
      }
      try recoverSegment(number, path, first: index == 0, last: index == numbers.count - 1, in: files, into: &found)
    }
    if found.segments.isEmpty {
      let segment = Segment(number: 1, firstSequence: 1, byteCount: segmentHeaderBytes)
      _ = try create(segment, folder, in: files)
      found.segments = [segment]
    }
    return found
  }

  private static func recoverSegment(
    _ number: UInt64, _ path: String, first: Bool, last: Bool, in files: any FileSystem, into found: inout Recovered
  ) throws(StorageFailure) {
    let file = try files.open(path, .readWrite)
    let size = try file.byteCount()
    guard size <= segmentHeaderBytes + 2 * maximumRecordBytes + recordHeaderBytes else {
      throw damage(path, size, "no segment grows that long")
    }
    let bytes = try file.read(size)
    guard let header = parseSegmentHeader(bytes) else {
      // A header is durable before a record follows it, and before an older segment is discarded.
      guard last, size <= segmentHeaderBytes, !first || number == 1 else {
        throw damage(path, 0, "its header is damaged")
      }
      let segment = Segment(number: number, firstSequence: found.nextSequence, byteCount: segmentHeaderBytes)
      _ = try create(segment, files.folder(of: path), in: files)
      found.segments.append(segment)
      found.cutBytes += size
      return
    }
    guard header.number == number else { throw damage(path, 8, "it is segment \(header.number) under another name") }
    guard first || header.firstSequence == found.nextSequence else {
      throw damage(path, 16, "it begins with record \(header.firstSequence), not \(found.nextSequence)")
    }
    var (offset, sequence) = (segmentHeaderBytes, header.firstSequence)
    while let record = record(bytes, at: offset) {
      guard record.sequence == sequence else {
        throw damage(path, offset, "record \(record.sequence) stands where \(sequence) belongs")
      }
      offset = record.payload.upperBound
      sequence += 1
    }
    if offset < size {
      guard last, !wasDurable(sequence, at: offset, in: bytes) else {
        throw damage(path, offset, "record \(sequence) is damaged, and what follows shows that it was durable")
      }
      try file.truncate(to: offset)
      found.cutBytes += size - offset
    }
    // After a crash of this process alone, the tail may be in memory only, and it is about to be acted upon.
    if last { try file.sync() }
    found.segments.append(Segment(number: number, firstSequence: header.firstSequence, byteCount: offset))
    found.nextSequence = sequence
  }

  /// A new segment without records, durable with its name.
  static func create(
    _ segment: Segment, _ folder: String, in files: any FileSystem
  ) throws(StorageFailure) -> any StoredFile {
    let file = try files.open(path(folder, segment.number), .create)
    try file.write(segmentHeader(segment.number, firstSequence: segment.firstSequence), at: 0)
    try file.sync()
    try files.syncFolder(folder)
    return file
  }

  static func damage(_ path: String, _ offset: Int, _ fact: String) -> StorageFailure {
    StorageFailure(
      .corruption, "the write-ahead log \(path) is damaged at byte \(offset): \(fact)",
      advice:
        "This node has forgotten votes and must not cast new ones from here: keep the folder for examination, test "
        + "the disk, move the log away and keep the sign-state file, and restart the node as an observer")
  }
}
