import Glibc
import LedgerStore
import Testing

@Suite("The sign-state file (C-23)")
struct SignStateFileTests {
  private let folder: TemporaryFolder
  private var path: String { folder["sign-state"] }
  private static let slot = 4096

  init() throws { folder = try TemporaryFolder() }

  private func read() throws(StorageFailure) -> SignStateFile.Contents {
    var file = SignStateFile(path: path)
    return try file.read()
  }

  /// A file with these values written one after the other, the first as its start.
  private func written(_ values: [String]) throws -> [UInt8] {
    var file = SignStateFile(path: path)
    try file.replace(values[0].bytes)
    for value in values.dropFirst() { try file.write(value.bytes) }
    return try OnDisk.read(path)
  }

  @Test("The last value written is the one read, by this owner and by the next")
  func lastValue() throws {
    var file = SignStateFile(path: path)
    try file.replace("view 0".bytes)
    #expect(try file.read() == .intact("view 0".bytes))
    for view in 1...20 {
      try file.write("view \(view)".bytes)
      #expect(try read() == .intact("view \(view)".bytes))
    }
    var next = SignStateFile(path: path)
    #expect(try next.read() == .intact("view 20".bytes))
    try next.write("view 21".bytes)
    try next.write([])
    #expect(try read() == .intact([]))
  }

  @Test("A missing file is told, and nothing can be written before it is started anew")
  func missing() throws {
    var file = SignStateFile(path: path)
    #expect(try file.read() == .missing)
    #expect(failure { () throws(StorageFailure) in try file.write([1]) } == .missing)
    #expect(!OnDisk.exists(path))
    try file.replace([1])
    try file.write([2])
    #expect(try read() == .intact([2]))
    #expect(try OnDisk.names(folder.path) == ["sign-state"])
  }

  @Test("A write torn at any byte leaves the old value or the new, and never neither", arguments: 1...4)
  func torn(earlier: Int) throws {
    let values = (0...earlier).map { "view \($0) of the epoch" }
    let before = try written(Array(values.dropLast()))
    let after = try written(values)
    let (old, new) = (values[earlier - 1].bytes, values[earlier].bytes)
    let start = earlier % 2 * Self.slot
    var seenOld = 0
    for count in 0...(16 + new.count + 8) {
      var torn = before
      torn.replaceSubrange(start..<start + count, with: after[start..<start + count])
      try OnDisk.write(torn, path)
      var file = SignStateFile(path: path)
      switch try file.read() {
      case .intact(new): #expect(count > 16)
      case .intact(old): #expect(count == 0)
      case .torn(old): seenOld += 1
      case let other: Issue.record("\(other) after \(count) bytes")
      }
      try file.write("next".bytes)
      #expect(try read() == .intact("next".bytes))
      try file.write("the one after".bytes)
      #expect(try read() == .intact("the one after".bytes))
    }
    #expect(seenOld > 16)
  }

  @Test("A newest slot that rotted is not passed off as intact, and both slots rotten are damaged")
  func rotten() throws {
    let whole = try written(["view 1", "view 2"])
    for place in [0, 3, 4, 7, 8, 15, 16, 21, 22, 500, 4095] {
      var newest = whole
      newest[Self.slot + place] ^= 0x40
      try OnDisk.write(newest, path)
      #expect(try read() == .torn("view 1".bytes))
      var both = newest
      both[place] ^= 0x40
      try OnDisk.write(both, path)
      #expect(try read() == .damaged)
    }
  }

  @Test("A file of another length, of strange slots or of slots that do not follow each other is damaged, not used")
  func damaged() throws {
    let early = try written(["view 0"])
    let late = try written(["view 0", "view 1", "view 2", "view 3"])
    let vacant = [UInt8](repeating: 0, count: Self.slot)
    let swapped = Array(late[Self.slot...] + late[..<Self.slot])
    let mixed = Array(early[..<Self.slot] + late[Self.slot...])
    let short = Array(late.dropLast())
    let long = late + [0 as UInt8]
    let strange: [[UInt8]] = [[], short, long, vacant + vacant, swapped, mixed]
    for bytes in strange {
      try OnDisk.write(bytes, path)
      var file = SignStateFile(path: path)
      #expect(try file.read() == .damaged)
      #expect(failure { () throws(StorageFailure) in try file.write([1]) } == .missing)
      #expect(try OnDisk.read(path) == bytes)
      try file.replace([1])
      #expect(try read() == .intact([1]))
    }
  }

  @Test("A write takes one sync; after a failed one the file is closed")
  func failedSync() throws {
    let disk = UnreliableDisk()
    var file = SignStateFile(path: path, files: disk)
    try file.replace("view 1".bytes)
    let before = disk.syncsDone
    try file.write("view 2".bytes)
    #expect(disk.syncsDone == before + 1)
    disk.change { ($0.syncs, $0.code) = (0, ENOSPC) }
    #expect(failure { () throws(StorageFailure) in try file.write("view 3".bytes) } == .full)
    disk.change { $0.syncs = .max }
    #expect(failure { () throws(StorageFailure) in try file.write("view 3".bytes) } == .full)
    #expect(failure { () throws(StorageFailure) in try file.replace("view 3".bytes) } == .full)
  }

  @Test("Starting anew keeps the old file until the new one is durable")
  func failedReplace() throws {
    _ = try written(["view 1", "view 2"])
    let disk = UnreliableDisk()
    disk.change { $0.room = 100 }
    var file = SignStateFile(path: path, files: disk)
    #expect(failure { () throws(StorageFailure) in try file.replace("view 9".bytes) } == .io)
    #expect(try read() == .intact("view 2".bytes))
  }

  @Test("A value of 1024 bytes fits, a longer one is refused and changes nothing")
  func size() throws {
    let most = [UInt8](repeating: 5, count: SignStateFile.maximumBytes)
    var file = SignStateFile(path: path)
    #expect(failure { () throws(StorageFailure) in try file.replace(most + [5]) } == .tooLarge)
    try file.replace(most)
    #expect(failure { () throws(StorageFailure) in try file.write(most + [5]) } == .tooLarge)
    #expect(try read() == .intact(most))
    try file.write(most)
    #expect(try read() == .intact(most))
  }
}
