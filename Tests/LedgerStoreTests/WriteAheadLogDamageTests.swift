import LedgerStore
import Testing

@Suite("A damaged write-ahead log (C-24)")
struct WriteAheadLogDamageTests {
  private let bench: LogBench
  private let votes = ["notarize 7", "nullify 8", "finalize 9"]

  init() throws { bench = try LogBench() }

  private func bytes(_ segment: Int = 1) throws -> [UInt8] { try OnDisk.read(bench.segment(segment)) }

  private func place(_ bytes: [UInt8], segment: Int = 1) throws { try OnDisk.write(bytes, bench.segment(segment)) }

  /// Opens, finds `expected`, and goes on writing.
  private func expectCut(to expected: [String], _ what: String) throws {
    do {
      let log = try bench.open()
      #expect(try bench.records(log) == expected, "\(what)")
    }
    try bench.write([["after"]])
    #expect(try bench.records() == expected + ["after"], "\(what)")
  }

  /// Refuses to open, says where, and changes nothing.
  private func expectCorruption(_ bytes: [UInt8], segment: Int = 1, naming words: [String], _ what: String) throws {
    let failure = bench.opening()
    #expect(failure?.kind == .corruption, "\(what)")
    for word in words + ["observer"] { #expect(failure?.message.contains(word) == true, "\(what)") }
    #expect(try self.bytes(segment) == bytes, "\(what)")
  }

  private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  @Test("A last record torn at any byte, cut off, zeroed or garbled, is cut and the log goes on")
  func tornTail() throws {
    let start = try bench.write(votes.map { [$0] })[2].offset
    let whole = try bytes()
    for end in start..<whole.count {
      let lost = whole.count - end
      var garbled = whole
      garbled[end] ^= 0x10
      let left = Array(whole[..<end])
      let tails: [(String, [UInt8])] = [
        ("cut", left), ("zeroed", left + zeros(lost)), ("zeroed and longer", left + zeros(lost + 4096)),
        ("garbled", garbled),
      ]
      for (what, tail) in tails {
        try place(tail)
        #expect(try bench.open().cutBytes == tail.count - start, "\(what) at \(end)")
        try place(tail)
        try expectCut(to: Array(votes[..<2]), "\(what) at \(end)")
      }
    }
  }

  @Test("A changed byte before a later sync stops the node, which is told file and byte")
  func middle() throws {
    let positions = try bench.write(votes.map { [$0] })
    let whole = try bytes()
    for place in 0..<positions[2].offset {
      var changed = whole
      changed[place] ^= 0x01
      try self.place(changed)
      let record = positions.last { $0.offset <= place }
      let words = ["0000000000000001.log"] + (record.map { ["byte \($0.offset):"] } ?? [])
      try expectCorruption(changed, naming: words, "byte \(place)")
    }
  }

  @Test("Records of one sync may reach the disk in any order: a lost one is cut with those after it")
  func groupOutOfOrder() throws {
    let positions = try bench.write([["durable"], votes])
    let whole = try bytes()
    for lost in 1...3 {
      let end = lost < 3 ? positions[lost + 1].offset : whole.count
      var torn = whole
      for place in positions[lost].offset..<end { torn[place] = 0 }
      try place(torn)
      try expectCut(to: ["durable"] + votes.prefix(lost - 1), "record \(lost)")
    }
  }

  @Test("The same loss under a later sync is damage")
  func groupBeforeAnother() throws {
    let positions = try bench.write([["durable"], votes, ["later"]])
    var torn = try bytes()
    for place in positions[2].offset..<positions[3].offset { torn[place] = 0 }
    try place(torn)
    try expectCorruption(torn, naming: ["byte \(positions[2].offset):"], "second record of a group of three")
  }

  @Test("A record that was taken out leaves a gap in the sequence, which is damage")
  func gap() throws {
    let positions = try bench.write(votes.map { [$0] })
    let whole = try bytes()
    let without = whole[..<positions[1].offset] + whole[positions[2].offset...]
    try place(Array(without))
    try expectCorruption(Array(without), naming: ["record 3 stands where 2 belongs"], "gap")
    let twice = whole + whole[positions[2].offset...]
    try place(twice)
    try expectCorruption(twice, naming: ["record 3 stands where 4 belongs"], "repetition")
  }

  @Test("An older segment must be whole to its last byte")
  func olderSegment() throws {
    try bench.write((0..<8).map { ["record \($0)"] }, segmentBytes: 100)
    let whole = try bytes(2)
    #expect(try OnDisk.names(bench.path).count > 3)
    for end in 0..<whole.count {
      let cut = Array(whole[..<end])
      try place(cut, segment: 2)
      #expect(bench.opening()?.kind == .corruption, "cut at \(end)")
      var changed = whole
      changed[end] ^= 0x80
      try place(changed, segment: 2)
      try expectCorruption(changed, segment: 2, naming: ["0000000000000002.log"], "changed at \(end)")
    }
    try place(whole + [0], segment: 2)
    #expect(bench.opening()?.kind == .corruption)
    try place(whole, segment: 2)
    #expect(try bench.records().count == 8)
  }

  @Test("A missing segment, and one under another's name, are damage")
  func wrongSegments() throws {
    try bench.write((0..<8).map { ["record \($0)"] }, segmentBytes: 100)
    let (second, third) = (try bytes(2), try bytes(3))
    try OnDisk.remove(bench.segment(2))
    #expect(bench.opening()?.message.contains("segment 2 before it is missing") == true)
    try place(third, segment: 2)
    #expect(bench.opening()?.message.contains("it is segment 3 under another name") == true)
    try place(second, segment: 2)
    #expect(bench.opening() == nil)
  }

  @Test("A segment whose creation was cut short is made again")
  func tornCreation() throws {
    let records = ["record 0", "record 1"]
    try bench.write([[records[0]]], segmentBytes: 40)
    try bench.write([[records[1]]], segmentBytes: 40)
    let header = Array(try bytes(2)[..<28])
    for end in 0...header.count {
      try place(Array(header[..<end]), segment: 2)
      #expect(try bench.open().cutBytes == (end < header.count ? end : 0))
      try place(Array(header[..<end]), segment: 2)
      try expectCut(to: [records[0]], "cut at \(end)")
    }
    try OnDisk.remove(bench.segment(2))
    for end in 0..<28 {
      try place(Array(try bytes(1)[..<end]))
      try expectCut(to: [], "first segment cut at \(end)")
    }
  }

  @Test("Files of other names in the folder are left alone")
  func otherFiles() throws {
    try bench.write([votes])
    for name in ["note.txt", "1.log", "000000000000000A.log"] { try OnDisk.write([1], bench.path + "/" + name) }
    #expect(try bench.records() == votes)
    #expect(try OnDisk.names(bench.path).count == 4)
  }
}
