import Ledger
import Sodium
import Testing

@Suite("Download of the state, subtree by subtree")
struct StateDownloadTests {
  /// Whole and the same: entries, root, and a node wherever the served tree has one.
  private func expectWhole(_ syncing: SyncingState, _ served: ServedState) throws {
    #expect(syncing.download.isComplete && syncing.download.millionths == 1_000_000)
    #expect(syncing.download.requests(limit: 10).isEmpty)
    #expect(syncing.entries == Dictionary(uniqueKeysWithValues: served.entries.map { ($0.path, $0.entry) }))
    #expect(syncing.download.entries == UInt64(served.entries.count))
    let original = try StateTree.audit(root: served.rootVersion, reader: served.memory)
    let copy = try StateTree.audit(root: syncing.download.rootVersion, reader: syncing)
    #expect(copy.root == served.root)
    #expect(copy.leaves == original.leaves)
    // A key's first eight bytes are the version.
    #expect(copy.nodes.map { $0.bytes.dropFirst(8) } == original.nodes.map { $0.bytes.dropFirst(8) })
    #expect(Set(copy.nodes) == Set(syncing.nodes.keys), "no node was written that the tree does not have")
  }

  @Test(
    "any state arrives whole, in chunks of any size, asked for in any order",
    arguments: [0, 1, 2, 10, 17, 300, 2000], [1, 5, 64, .max])
  func whole(keys: Int, limit: Int) throws {
    let served = try ServedState(keys: keys)
    var generator = SeededGenerator(state: UInt64(limit & 0xff))
    var syncing = SyncingState(of: served)
    var before = -1
    while let request = syncing.download.requests(limit: 16).randomElement(using: &generator) {
      try syncing.take(try #require(try served.answer(request, limit: limit)), to: request)
      #expect(syncing.download.millionths >= before)
      before = syncing.download.millionths
    }
    try expectWhole(syncing, served)
  }

  @Test("20,000 keys arrive whole")
  func many() throws {
    let served = try ServedState(keys: 20_000)
    var syncing = SyncingState(of: served)
    while let request = syncing.download.requests(limit: 1).first {
      try syncing.take(try #require(try served.answer(request, limit: 100)), to: request)
    }
    try expectWhole(syncing, served)
  }

  @Test("stopped at any point, and after any chunk that was not stored, it goes on from what was stored")
  func resuming() throws {
    let served = try ServedState(keys: 300)
    var syncing = SyncingState(of: served)
    while let request = syncing.download.requests(limit: 3).last {
      let answer = try #require(try served.answer(request, limit: 4))
      // A crash before the batch is written.
      var lost = syncing
      try lost.take(answer, to: request)
      #expect(syncing.download != lost.download)
      // A crash after.
      try syncing.take(answer, to: request)
      #expect(syncing.download == lost.download)
      syncing.download = try StateDownload(cbor: syncing.download.cbor)
      #expect(syncing.download == lost.download)
      #expect(throws: StateChunkFailure.notAsked) { try lost.take(answer, to: request) }
    }
    try expectWhole(syncing, served)
    #expect(try StateDownload(cbor: syncing.download.cbor).isComplete)
  }

  @Test("a stored download that was cut or altered is not read as one that does not decode to itself")
  func storedBytes() throws {
    let served = try ServedState(keys: 60)
    var syncing = SyncingState(of: served)
    for _ in 0..<4 {
      let request = try #require(syncing.download.requests(limit: 1).first)
      try syncing.take(try #require(try served.answer(request, limit: 2)), to: request)
    }
    let bytes = syncing.download.cbor
    for count in bytes.indices {
      #expect(throws: CBORError.self) { try StateDownload(cbor: Array(bytes.prefix(count))) }
    }
    for place in bytes.indices {
      for flip in [0x01, 0x10, 0x80, 0xff] as [UInt8] {
        var altered = bytes
        altered[place] ^= flip
        if let download = try? StateDownload(cbor: altered) {
          #expect(download.cbor == altered)
          // Asking and answering do not trap, whatever stands there.
          for request in download.requests(limit: 100) {
            var download = download
            _ = try? download.take(.leaves(served.leaves(below: request.prefix)), to: request)
          }
        }
      }
    }
  }

  @Test("updates of the state that arrived have the roots of updates of the one that was served")
  func updatesAfterwards() throws {
    var served = try ServedState(keys: 500)
    var syncing = SyncingState(of: served)
    while let request = syncing.download.requests(limit: 1).first {
      try syncing.take(try #require(try served.answer(request, limit: 20)), to: request)
    }
    var generator = SeededGenerator(state: 3)
    var version = syncing.download.rootVersion
    for height in (ServedState.height + 1)...(ServedState.height + 12) {
      let changes = (0..<40).map { _ in
        let path = StateTree.path(ofKey: Array("object \(Int.random(in: 0..<700, using: &generator))".utf8))
        return StateTree.Change(path: path, value: Bool.random(using: &generator) ? StateTreeTests.value(height) : nil)
      }
      let sorted = Dictionary(changes.map { ($0.path, $0) }) { $1 }.values.sorted { $0.path < $1.path }
      let update = try StateTree.update(root: version, to: height, changes: sorted, reader: syncing)
      for (key, bytes) in update.newNodes { syncing.nodes[key] = bytes }
      for key in update.stale { syncing.nodes[key] = nil }
      version = update.rootVersion
      try served.apply(sorted, at: height)
      #expect(update.root == served.root)
      #expect(syncing.nodes.count == served.memory.nodes.count)
    }
  }

  @Test("however deep and wide a peer makes it go, what is held stays bounded and all of it arrives")
  func bounded() throws {
    let served = try ServedState(keys: 9000)
    var syncing = SyncingState(of: served)
    var refused = 0
    var largest = 0
    while let last = syncing.download.requests(limit: 20_000).last {
      // Always the last request, and always by a node, as long as that is taken.
      largest = max(largest, syncing.download.cbor.count)
      let first = syncing.download.requests(limit: 1)[0]
      for request in [last, first] {
        let digests = try StateTree.place(
          request.prefix, digest: request.digest, root: served.rootVersion, reader: served.memory)
        do throws(StateChunkFailure) {
          switch digests {
          case .node(let digests): try syncing.take(.node(digests), to: request)
          default: try syncing.take(.leaves(served.leaves(below: request.prefix)), to: request)
          }
          break
        } catch {
          #expect(error == .full && !error.isOffence && request != first)
          refused += 1
        }
      }
      if refused > 40 { break }
    }
    #expect(refused > 40)
    #expect(largest < 512 * 1100)
    _ = try StateDownload(cbor: syncing.download.cbor)
    while let request = syncing.download.requests(limit: 1).first {
      try syncing.take(.leaves(served.leaves(below: request.prefix)), to: request)
    }
    try expectWhole(syncing, served)
  }
}
