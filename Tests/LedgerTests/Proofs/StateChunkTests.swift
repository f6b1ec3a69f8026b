import Ledger
import Sodium
import Testing

@Suite("Chunks of the state from peers that lie")
struct StateChunkTests {
  private let served: ServedState
  /// With chunks of some entries outstanding.
  private let syncing: SyncingState
  private let request: StateChunkRequest
  private let honest: [StateEntry]

  init() throws {
    served = try ServedState(keys: 400)
    var syncing = SyncingState(of: served)
    let root = syncing.download.requests(limit: 1)[0]
    try syncing.take(try #require(try served.answer(root, limit: 1)), to: root)
    self.syncing = syncing
    request = syncing.download.requests(limit: 5)[4]
    honest = served.leaves(below: request.prefix)
    #expect(honest.count > 10)
  }

  /// Refused for this reason, and nothing has changed: the true answer is still taken.
  private func expectRefused(
    _ answer: StateChunkAnswer, to request: StateChunkRequest? = nil, _ failure: StateChunkFailure, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var syncing = syncing
    #expect(throws: failure, "\(what)", sourceLocation: sourceLocation) {
      try syncing.take(answer, to: request ?? self.request)
    }
    #expect(syncing.download == self.syncing.download, "\(what)", sourceLocation: sourceLocation)
    #expect(throws: Never.self, "\(what)", sourceLocation: sourceLocation) {
      try syncing.take(.leaves(honest), to: self.request)
    }
  }

  /// An entry whose path lies below the request's place.
  private var stranger: StateEntry {
    (0...).lazy.map { StateEntry(key: Array("stranger \($0)".utf8), value: [1]) }
      .first { request.prefix.contains(StateTree.path(ofKey: $0.key)) }!
  }

  @Test("a missing entry, at whichever place, is noticed")
  func missing() {
    for index in honest.indices {
      var entries = honest
      entries.remove(at: index)
      expectRefused(.leaves(entries), .digest, "without \(index)")
    }
    expectRefused(.leaves([]), .size, "nothing")
  }

  @Test("an entry too many is noticed")
  func extra() {
    let entries = (honest + [stranger]).sorted { StateTree.path(ofKey: $0.key) < StateTree.path(ofKey: $1.key) }
    expectRefused(.leaves(entries), .digest, "one more")
    expectRefused(.leaves([stranger]), .digest, "another alone")
    expectRefused(.leaves(honest + [honest[honest.count - 1]]), .order, "the last twice")
  }

  @Test("entries in another order are refused, so that an answer has one form")
  func order() {
    for index in honest.indices.dropFirst() {
      var entries = honest
      entries.swapAt(index - 1, index)
      expectRefused(.leaves(entries), .order, "\(index)")
    }
  }

  @Test("a changed value and a changed key are noticed")
  func changed() {
    for index in honest.indices {
      var entries = honest
      entries[index] = StateEntry(key: honest[index].key, value: honest[index].value + [0])
      expectRefused(.leaves(entries), .digest, "value \(index)")
      entries[index] = StateEntry(key: honest[index].key + [0x20], value: honest[index].value)
      var syncing = syncing
      #expect(throws: StateChunkFailure.self) { try syncing.take(.leaves(entries), to: request) }
    }
  }

  @Test("a key from outside of the place is refused, and so are the entries of another place")
  func outside() {
    let other = served.leaves(below: syncing.download.requests(limit: 6)[5].prefix)
    expectRefused(.leaves(honest + [other[0]]), .outside, "one of another place")
    expectRefused(.leaves(other), .outside, "all of another place")
    expectRefused(.leaves(served.leaves(below: .root)), .outside, "the whole state")
  }

  @Test("an answer larger than a message may be is refused before it is hashed; one entry may be larger")
  func oversize() throws {
    let large = [UInt8](repeating: 1, count: StateChunkAnswer.maximumWeight)
    expectRefused(.leaves(honest + [StateEntry(key: [1], value: large)]), .size, "too many bytes")
    let many = [StateEntry](repeating: StateEntry(key: [], value: []), count: StateChunkAnswer.maximumWeight / 16 + 1)
    expectRefused(.leaves(many), .size, "too many entries")
    let huge = [UInt8](repeating: 1, count: StateChunkAnswer.maximumEntryWeight)
    expectRefused(.leaves([StateEntry(key: [1], value: huge)]), .size, "one huge entry")

    let entry = StateEntry(key: [1], value: [UInt8](repeating: 1, count: StateChunkAnswer.maximumEntryWeight - 17))
    let change = StateTree.Change(
      path: StateTree.path(ofKey: entry.key), value: StateTree.digest(ofValue: entry.value))
    let update = try StateTree.update(root: nil, to: 1, changes: [change], reader: StateTreeMemory())
    var download = StateDownload(root: update.root, height: 1)
    let chunk = try download.take(.leaves([entry]), to: download.requests(limit: 1)[0])
    #expect(download.isComplete && chunk.nodes.map(\.bytes) == update.newNodes.map(\.bytes))
  }

  @Test("a node that is not the one asked for is refused: another, a permuted one, one with a place changed or dropped")
  func nodes() throws {
    guard
      case .node(let digests) = try StateTree.place(
        request.prefix, digest: request.digest, root: served.rootVersion, reader: served.memory)
    else {
      Issue.record("the place has many keys")
      return
    }
    for place in 0..<16 {
      var changed = digests
      changed[place] = digests[place] == .zero ? request.digest : .zero
      expectRefused(.node(changed), .digest, "place \(place)")
      changed = digests
      changed.swapAt(place, (place + 1) % 16)
      if changed != digests { expectRefused(.node(changed), .digest, "places \(place)") }
    }
    expectRefused(.node([]), .size, "no places")
    expectRefused(.node(digests.dropLast()), .size, "fifteen places")
    expectRefused(.node(digests + [.zero]), .size, "seventeen places")
    expectRefused(.node([Digest](repeating: .zero, count: 16)), .digest, "an empty node")
    var taken = syncing
    try taken.take(.node(digests), to: request)
  }

  @Test("an answer to what was not asked is not taken, and is no offence")
  func notAsked() throws {
    let requests = [
      StateChunkRequest(height: 8, prefix: request.prefix, digest: request.digest),
      StateChunkRequest(height: request.height, prefix: request.prefix, digest: .zero),
      StateChunkRequest(height: request.height, prefix: .root, digest: served.root),
      StateChunkRequest(
        height: request.height, prefix: StatePrefix(path: request.prefix.path, depth: 2), digest: request.digest),
      StateChunkRequest(
        height: request.height, prefix: StatePrefix(path: request.prefix.path, depth: 64), digest: request.digest),
    ]
    for request in requests { expectRefused(.leaves(honest), to: request, .notAsked, "\(request)") }
    #expect(!StateChunkFailure.notAsked.isOffence && StateChunkFailure.digest.isOffence)
    var done = syncing
    try done.take(.leaves(honest), to: request)
    #expect(throws: StateChunkFailure.notAsked) { try done.take(.leaves(honest), to: request) }
  }

  @Test("bytes of an answer that were cut or altered are not the answer")
  func alteredBytes() throws {
    let node = try #require(try served.answer(request, limit: 1))
    for answer in [StateChunkAnswer.leaves(Array(honest.prefix(3))), node] {
      let bytes = answer.cbor
      #expect(try StateChunkAnswer(cbor: bytes) == answer)
      for count in bytes.indices {
        #expect(throws: CBORError.self) { try StateChunkAnswer(cbor: Array(bytes.prefix(count))) }
      }
      for place in bytes.indices {
        var altered = bytes
        altered[place] ^= 0x40
        if let other = try? StateChunkAnswer(cbor: altered) { #expect(other != answer && other.cbor == altered) }
      }
    }
    for foreign in [
      [0x82, 0x00, 0x9a, 0xff, 0xff, 0xff, 0xff], [0x82, 0x00, 0x81, 0x82, 0x5b, 0x7f, 0, 0, 0, 0, 0, 0, 0],
      [0x82, 0x01, 0x00], [0x83, 0x01, 0x03, 0x40], [0x83, 0x00, 0x80, 0x80], [0x80],
      [0x83, 0x01, 0x01, 0x58, 0x20] + [UInt8](repeating: 0, count: 32),
    ] as [[UInt8]] {
      #expect(throws: CBORError.self) { try StateChunkAnswer(cbor: foreign) }
    }
  }

  @Test("a request has one form, and a place no deeper than a path")
  func requests() throws {
    let (path, other) = (try #require(Digest(0..<32)), try #require(Digest([0x10] + (1..<32))))
    for depth in [0, 1, 2, 63, 64] {
      let prefix = StatePrefix(path: path, depth: depth)
      let request = StateChunkRequest(height: 1 << 40, prefix: prefix, digest: served.root)
      #expect(try StateChunkRequest(cbor: request.cbor) == request)
      #expect(prefix.contains(path) && prefix.contains(other) == (depth == 0))
    }
    for foreign in [
      [0x82, 0x18, 0x41, 0x40], [0x82, 0x01, 0x41, 0x01], [0x82, 0x01, 0x40], [0x82, 0x02, 0x42, 1, 0],
    ] as [[UInt8]] {
      #expect(throws: CBORError.self) { try StatePrefix(cbor: foreign) }
    }
  }

  @Test("a place of another version, or of no key, is not served")
  func notServed() throws {
    func place(_ prefix: StatePrefix, _ digest: Digest) throws -> StateTree.Place? {
      try StateTree.place(prefix, digest: digest, root: served.rootVersion, reader: served.memory)
    }
    #expect(try place(.root, served.root) != nil)
    #expect(try place(.root, request.digest) == nil)
    #expect(try place(request.prefix, served.root) == nil)
    for depth in 1...64 {
      let leaf = StateTree.path(ofKey: honest[0].key)
      #expect(try place(StatePrefix(path: leaf, depth: depth), .zero) == nil)
    }
    #expect(try StateTree.place(.root, digest: .zero, root: nil, reader: served.memory) == nil)
  }
}
