import Ledger
import LedgerStore
import Sodium
import Testing

@Suite("The key layout")
struct KeyLayoutTests {
  private static let id = Digest((1...32).map { UInt8($0) })!

  /// Two keys of each table, the lower first; and each as it stands on disk, which must never change.
  private static let pinned: [(StoreKey, String)] = [
    (.format, "00"),
    (.block(height: 0), "010000000000000000"),
    (.block(height: 258), "010000000000000102"),
    (.outcomes(height: 1), "020000000000000001"),
    (.outcomes(height: .max), "02ffffffffffffffff"),
    (.finalization(height: 255), "0300000000000000ff"),
    (.finalization(height: 256), "030000000000000100"),
    (.location(.zero), "04" + String(repeating: "00", count: 32)),
    (.location(id), "040102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"),
    (.replay(issuer: "", jti: "é"), "0500000000c3a9"),
    (.replay(issuer: "ab", jti: "c"), "0500000002616263"),
    (.state([]), "06"),
    (.state([0x00, 0xFF]), "0600ff"),
    (.treeNode([0x00, 0x01]), "070001"),
    (.treeNode([0x01]), "0701"),
    (.staleNode(version: 2, [0xFF]), "080000000000000002ff"),
    (.staleNode(version: 3, []), "080000000000000003"),
    (.history(1 << 40), "090000010000000000"),
    (.history(1 << 40 | 1), "090000010000000001"),
    (.marker(.executedHeight), "0a02"),
    (.marker(.oldestHeight), "0a03"),
    (.marker(.oldestVersion), "0a04"),
    (.marker(.stateDownload), "0a06"),
    (.marker(.snapshot), "0a07"),
    (.leaf(height: 1), "0b0000000000000001"),
    (.leaf(height: 256), "0b0000000000000100"),
    (.statePath(.zero), "0c" + String(repeating: "00", count: 32)),
    (.statePath(id), "0c0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"),
    (.evidence(Offence(epoch: 1, view: 2, signer: 3)), "0d0000000000000001000000000000000203"),
    (.epoch(0), "0e0000000000000000"),
    (.epoch(256), "0e0000000000000100"),
  ]

  @Test("Each key stands on disk as it always has, and is read back as itself", arguments: pinned)
  func pinnedBytes(key: StoreKey, hexadecimalBytes: String) {
    #expect(hexadecimal(key.bytes) == hexadecimalBytes)
    #expect(StoreKey(key.bytes) == key)
    #expect(key.bytes.starts(with: key.table.prefix))
  }

  @Test("No table begins like another, and each is in the table of pinned keys")
  func tablesDoNotOverlap() {
    for a in StoreKey.Table.allCases {
      #expect(Self.pinned.contains { $0.0.table == a }, "\(a)")
      for b in StoreKey.Table.allCases where a != b { #expect(!a.prefix.starts(with: b.prefix)) }
    }
    #expect(Set(Self.pinned.map { $0.0.bytes }).count == Self.pinned.count)
  }

  @Test("In the database keys stand table by table and in the order of height, version and position")
  func order() throws {
    let folder = try TemporaryFolder()
    let database = try Database(path: folder["db"], createIfMissing: true)
    var batch = Batch()
    for (key, _) in Self.pinned.shuffled() { batch.put(key, []) }
    try database.write(batch, sync: false)
    var stored: [StoreKey?] = []
    try database.forEach(under: []) { key, _ throws(StorageFailure) in
      stored.append(StoreKey(key))
      return .on
    }
    #expect(stored == Self.pinned.map { $0.0 })
  }

  @Test("Issuer and jti are kept apart, so that no pair stands for another")
  func replayPairs() {
    let pairs = [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", "")]
    #expect(Set(pairs.map { StoreKey.replay(issuer: $0.0, jti: $0.1).bytes }).count == pairs.count)
    #expect(StoreKey.replay(issuer: "a", jti: "b").bytes.starts(with: StoreKey.replayPrefix(issuer: "a")))
    #expect(!StoreKey.replay(issuer: "ab", jti: "").bytes.starts(with: StoreKey.replayPrefix(issuer: "a")))
  }

  @Test("Stale nodes of a version lie between its prefix and the next")
  func stalePrefix() {
    let node = StoreKey.staleNode(version: 7, [0xFF, 0xFF]).bytes
    #expect(node.starts(with: StoreKey.stalePrefix(version: 7)))
    #expect(node.lexicographicallyPrecedes(StoreKey.stalePrefix(version: 8)))
    #expect(StoreKey.stalePrefix(version: 7).lexicographicallyPrecedes(node))
  }

  @Test(
    "Bytes that are no key are not read as one",
    arguments: [
      "", "0b", "ff", "0000", "01", "0100000000000000", "01000000000000000000", "04ff", "0cff", "05000000",
      "050000000261",
      "0500000001ff", "0500000000ff", "0800000000000000", "0a", "0a00", "0a01", "0a05", "0a08", "0a0101", "090000",
      "0d00", "0e00",
    ])
  func foreignBytes(text: String) throws {
    #expect(StoreKey(try #require(bytesOf(hexadecimal: text))) == nil)
  }

  @Test(
    "The end of a prefix is the first key beyond it",
    arguments: [("01", "02"), ("01ff", "02"), ("0aff00", "0aff01"), ("ff", nil), ("", nil)] as [(String, String?)])
  func prefixEnd(prefix: String, end: String?) throws {
    let bytes = try #require(bytesOf(hexadecimal: prefix))
    #expect(StoreKey.end(ofPrefix: bytes).map { hexadecimal($0) } == end)
  }
}
