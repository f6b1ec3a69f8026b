import Client
import Foundation
import Ledger
import LedgerStore
import Replication
import Sodium
import Testing

@Suite("C-42: old blocks go, and the disk gets their space back") struct PruningTests {
  private let desk: TestDesk

  init() throws { desk = try TestDesk() }

  private var bytesOnDisk: Int {
    get throws {
      let folder = desk.folder + "/ledger"
      return try FileManager.default.contentsOfDirectory(atPath: folder).reduce(0) { sum, name in
        sum + ((try FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.size] as? Int) ?? 0)
      }
    }
  }

  /// Blocks full of orders.
  private func fill(_ heights: ClosedRange<Int>) throws -> [Digest] {
    try heights.map { height in
      let orders = try (0..<20).map { try desk.signed(TestDocuments.order("PO-\(height)-\($0)", lines: 40)) }
      try desk.execute(orders.map(\.compact))
      return orders[0].id
    }
  }

  private let threeYears: Int64 = 3 * 366 * 86_400 * 1_000

  @Test("What is kept is proved as before, what is not kept is gone from every table, and the chain goes on")
  func prune() throws {
    let old = try fill(1...60)
    for _ in 0..<5 { try desk.execute([], after: threeYears) }
    let before = try bytesOnDisk
    let store = desk.chain.store
    let (head, root) = (desk.chain.head, desk.chain.head.stateRoot)

    #expect(try desk.chain.prune(keeping: 3))
    #expect(try store.oldestHeight() == 61)
    for height in 1...60 as ClosedRange<UInt64> {
      #expect(try store.finalizedBlock(at: height) == nil)
      #expect(try store.outcomes(at: height) == nil)
      #expect(try store.leaf(at: height) == nil)
    }
    for id in old { #expect(try store.location(of: id) == nil) }
    #expect(try store.finalizedBlock(at: 61) != nil)
    let after = try bytesOnDisk
    #expect(after < before / 2, "\(before) bytes became \(after)")

    #expect(desk.chain.head == head && head.stateRoot == root)
    let order = try desk.signed(TestDocuments.order("PO-NEW"))
    try desk.execute([order.compact], after: threeYears)
    #expect(try store.location(of: order.id) != nil)
    // A node that starts again finds its way without what is gone.
    #expect(try Chain(genesis: desk.genesis, store: store, stages: Stages()).head == desk.chain.head)
    #expect(try !desk.chain.prune(keeping: 3) || store.oldestHeight() == 62)
  }

  @Test("Blocks of the last horizon stay, whatever the policy: their documents could be replayed") func horizon() throws
  {
    _ = try fill(1...5)
    for _ in 0..<5 { try desk.execute([]) }
    #expect(try !desk.chain.prune(keeping: 1))
    #expect(try desk.chain.store.finalizedBlock(at: 1) != nil)
  }
}
