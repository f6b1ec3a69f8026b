/// An append-only log of records in a folder of segments; what consensus must not forget stands here before it is sent
/// (C-20, C-21). Not for use from two threads: its owner confines it. `HomeLock` keeps other processes out.
///
/// `append` only buffers; `sync` writes and makes durable in one system call each, and a log that is dropped unsynced
/// forgets its buffer. A failed write or sync poisons the log: every later call throws, as the kernel may have lost
/// pages it will not report again, and only reading the files anew tells what is there.
package struct WriteAheadLog: ~Copyable, Sendable {
  /// Where a record starts. Later records have greater positions.
  package struct Position: Hashable, Comparable, Sendable {
    package let segment: UInt64
    package let offset: Int

    package init(segment: UInt64, offset: Int) {
      self.segment = segment
      self.offset = offset
    }

    package static func < (a: Position, b: Position) -> Bool { (a.segment, a.offset) < (b.segment, b.offset) }
  }

  struct Segment: Sendable {
    let number: UInt64
    let firstSequence: UInt64
    /// What is durable of it.
    var byteCount: Int
  }

  package static let maximumRecordBytes = 64 << 20

  let folder: String
  let segmentBytes: Int
  let files: any FileSystem
  /// Ascending and without gaps; the last one is live.
  var segments: [Segment]
  private var live: any StoredFile
  private var pending: [UInt8] = []
  private var pendingCount: UInt32 = 0
  /// Whether the pending group opens a new segment.
  private var opensSegment = false
  private var failure: StorageFailure?

  /// The sequence number of the next record; 1 in a log that never held one, and so in a folder that was emptied. The
  /// two look the same: a sign-state file that is whole tells them apart, and keeps the votes safe without the log.
  package private(set) var nextSequence: UInt64
  /// The bytes of a torn tail that were cut when the log was opened.
  package let cutBytes: Int

  /// Opens the log, creating the folder if need be, checks every record and cuts a torn tail (C-24). Damage that no
  /// crash explains is `corruption`, and then nothing was changed.
  ///
  /// A segment ends once it holds `segmentBytes` (at most 64 MiB).
  package init(
    folder: String, segmentBytes: Int = 16 << 20, files: any FileSystem = SystemFiles()
  ) throws(StorageFailure) {
    precondition(segmentBytes > 0 && segmentBytes <= WriteAheadLog.maximumRecordBytes)
    let found = try WriteAheadLog.recover(folder, in: files)
    let live = try files.open(WriteAheadLog.path(folder, found.segments.last!.number), .readWrite)
    self.folder = folder
    self.segmentBytes = segmentBytes
    self.files = files
    segments = found.segments
    nextSequence = found.nextSequence
    cutBytes = found.cutBytes
    self.live = live
  }

  /// Buffers a record, which is durable after the next `sync`. Syncs first when the buffer would grow beyond 64 MiB.
  @discardableResult
  package mutating func append(_ record: [UInt8]) throws(StorageFailure) -> Position {
    try refuseIfPoisoned()
    guard record.count <= WriteAheadLog.maximumRecordBytes else {
      throw StorageFailure(
        .tooLarge, "a record of \(record.count) bytes exceeds the log's \(WriteAheadLog.maximumRecordBytes)")
    }
    let size = WriteAheadLog.recordHeaderBytes + record.count
    if !pending.isEmpty, pending.count + size > WriteAheadLog.maximumRecordBytes { try sync() }
    let last = segments.last!
    if pending.isEmpty {
      opensSegment = last.byteCount > WriteAheadLog.segmentHeaderBytes && last.byteCount + size > segmentBytes
    }
    let position = Position(
      segment: opensSegment ? last.number + 1 : last.number,
      offset: (opensSegment ? WriteAheadLog.segmentHeaderBytes : last.byteCount) + pending.count)
    WriteAheadLog.encode(record, sequence: nextSequence, place: pendingCount, into: &pending)
    pendingCount += 1
    nextSequence += 1
    return position
  }

  /// Makes every appended record durable.
  package mutating func sync() throws(StorageFailure) {
    try refuseIfPoisoned()
    guard !pending.isEmpty else { return }
    do {
      if opensSegment {
        let segment = Segment(
          number: segments.last!.number + 1, firstSequence: nextSequence - UInt64(pendingCount),
          byteCount: WriteAheadLog.segmentHeaderBytes)
        live = try WriteAheadLog.create(segment, folder, in: files)
        segments.append(segment)
      }
      try live.write(pending, at: segments.last!.byteCount)
      try live.sync()
    } catch {
      failure = error
      throw error
    }
    segments[segments.count - 1].byteCount += pending.count
    pending.removeAll(keepingCapacity: pending.capacity <= 1 << 20)
    pendingCount = 0
  }

  /// Reads all durable records in order; one that does not decode is a `StorageFailure` of kind `corruption`.
  package func replay(
    _ body: (_ position: Position, _ record: [UInt8]) throws(StorageFailure) -> Void
  ) throws(StorageFailure) {
    try refuseIfPoisoned()
    for segment in segments {
      let path = WriteAheadLog.path(folder, segment.number)
      let bytes = try files.open(path, .read).read(segment.byteCount)
      var (offset, sequence) = (WriteAheadLog.segmentHeaderBytes, segment.firstSequence)
      while offset < segment.byteCount {
        guard let record = WriteAheadLog.record(bytes, at: offset), record.sequence == sequence else {
          throw WriteAheadLog.damage(path, offset, "the record is not the one that was there when the log was opened")
        }
        try body(Position(segment: segment.number, offset: offset), Array(bytes[record.payload]))
        offset = record.payload.upperBound
        sequence += 1
      }
    }
  }

  /// Deletes the segments that lie wholly before `position`, never the live one: disk space comes back in whole
  /// segments.
  package mutating func discard(before position: Position) throws(StorageFailure) {
    try refuseIfPoisoned()
    do {
      while segments.count > 1, segments[0].number < position.segment {
        // One at a time and durably, so that a crash cannot leave a gap.
        try files.remove(WriteAheadLog.path(folder, segments[0].number))
        try files.syncFolder(folder)
        segments.removeFirst()
      }
    } catch {
      failure = error
      throw error
    }
  }

  private func refuseIfPoisoned() throws(StorageFailure) {
    guard let failure else { return }
    throw StorageFailure(
      failure.kind, "the write-ahead log \(folder) is closed since a failure (\(failure.message))",
      advice: "Restart the node")
  }
}
