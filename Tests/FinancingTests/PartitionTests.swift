import Contracts
import Financing
import Ledger
import Sodium
import Testing

/// Numbers that look random and are the same each time.
struct Dice {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  /// From 0 up to, but not including, `bound`.
  mutating func roll(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  mutating func intervals(within face: Int) -> [Interval] {
    var cuts = Set<Int>()
    for _ in 0..<(2 * (1 + roll(3))) { cuts.insert(roll(face + 1)) }
    let sorted = cuts.sorted()
    let pairs = stride(from: 0, to: sorted.count - 1, by: 2).map { Interval(Int64(sorted[$0]), Int64(sorted[$0 + 1])) }
    return pairs.isEmpty ? [Interval(0, Int64(face))] : pairs
  }
}

/// The slow, obvious model: a holding for each minor unit.
private struct Ledgerbook {
  var units: [Holding]

  var pieces: [Piece] {
    var pieces: [Piece] = []
    for (unit, holding) in units.enumerated() {
      if let last = pieces.last, last.holding == holding {
        pieces[pieces.count - 1] = Piece(Interval(last.interval.from, Int64(unit + 1)), holding)
      } else {
        pieces.append(Piece(Interval(Int64(unit), Int64(unit + 1)), holding))
      }
    }
    return pieces
  }

  func freeness(of intervals: [Interval], for owner: String) -> Outcome? {
    for interval in intervals {
      for unit in interval.from..<interval.to {
        let holding = units[Int(unit)]
        guard holding.owner == owner else { return .notOwner }
        switch holding.encumbrance {
        case .none: continue
        case .offered: return .intervalOffered
        case .pledged: return .intervalPledged
        case .redeemed: return .intervalRedeemed
        }
      }
    }
    return nil
  }
}

@Suite("The partition of a certificate")
struct PartitionTests {
  private let free = Parameters(board: ["a"], boardThreshold: 1)

  @Test("Random histories agree with a model that keeps every unit apart (F-1, F-2, F-3)", arguments: 1...40)
  func model(seed: Int) throws {
    var dice = Dice(UInt64(seed))
    let face = 1 + dice.roll(60)
    let owners = ["foundry", "mill", "bank"]
    let ids = (0..<3).map { sha256([UInt8($0)]) }
    var partition = Partition(face: Int64(face), owner: owners[0])
    var model = Ledgerbook(units: Array(repeating: Holding(owner: owners[0]), count: face))
    for _ in 0..<200 {
      let id = ids[dice.roll(3)]
      if dice.roll(4) == 0 {
        let encumbrance: Encumbrance = dice.roll(2) == 0 ? .pledged(id) : .offered(id)
        partition.release(encumbrance)
        for unit in model.units.indices where model.units[unit].encumbrance == encumbrance {
          model.units[unit].encumbrance = .none
        }
      } else {
        let owner = owners[dice.roll(3)]
        let intervals = dice.intervals(within: face)
        var refused: Outcome?
        do throws(Rejection) { try partition.requireFree(intervals, of: owner, "") } catch { refused = error.outcome }
        #expect(refused == model.freeness(of: intervals, for: owner))
        if refused == nil || dice.roll(3) == 0 {
          let encumbrances: [Encumbrance] = [.none, .none, .offered(id), .pledged(id), .redeemed]
          let holding = Holding(
            owner: owners[dice.roll(3)], origin: dice.roll(2) == 0 ? nil : id, encumbrance: encumbrances[dice.roll(5)])
          try partition.replace(intervals, within: free) { $0 = holding }
          for interval in intervals { for unit in interval.from..<interval.to { model.units[Int(unit)] = holding } }
        }
      }
      #expect(partition.pieces == model.pieces)
      #expect(partition.violations(face: Int64(face)).isEmpty)
      #expect(partition.redeemed == Int64(model.units.count { $0.encumbrance == .redeemed }))
    }
    #expect(try Partition(cbor: partition.cbor) == partition)
  }

  @Test("A refused change changes nothing")
  func refusedChange() throws {
    var partition = Partition(face: 100, owner: "foundry")
    let strict = Parameters(board: ["a"], boardThreshold: 1, smallestPiece: 10, pieces: 2)
    for intervals in [[Interval(0, 9)], [Interval(10, 20)]] {
      #expect(throws: Rejection.self) { try partition.replace(intervals, within: strict) { $0.owner = "mill" } }
    }
    #expect(partition == Partition(face: 100, owner: "foundry"))
  }

  @Test("A piece from before the smallest size grew can still be sold")
  func oldPiece() throws {
    var partition = Partition(face: 100, owner: "foundry")
    try partition.replace([Interval(0, 5)], within: free) { $0.owner = "mill" }
    let strict = Parameters(board: ["a"], boardThreshold: 1, smallestPiece: 10)
    try partition.replace([Interval(0, 5)], within: strict) { $0.owner = "bank" }
    #expect(partition.pieces.map(\.owner) == ["bank", "foundry"])
  }

  @Test("A thousand pieces of the largest face")
  func largest() throws {
    var partition = Partition(face: DecimalText.maximum, owner: "foundry")
    let intervals = (0..<512).map { Interval(Int64($0) * 1_000_000_000_000, Int64($0) * 1_000_000_000_000 + 1) }
    try partition.replace(intervals, within: free) { $0.owner = "mill" }
    #expect(partition.pieces.count == 1024)
    #expect(partition.size { $0.owner == "mill" } == 512)
    #expect(partition.violations(face: DecimalText.maximum).isEmpty)
    #expect(throws: Rejection.self) {
      try partition.replace([Interval(5, 6)], within: free) { $0.owner = "mill" }
    }
    #expect(try Partition(cbor: partition.cbor) == partition)
  }

  @Test("Gaps, overlaps, empty and unjoined pieces are found (F-1, F-2)")
  func violations() {
    func piece(_ from: Int64, _ to: Int64, _ owner: String) -> Piece {
      Piece(Interval(from, to), Holding(owner: owner))
    }
    let good = [piece(0, 5, "a"), piece(5, 9, "b")]
    let bad: [[Piece]] = [
      [], [piece(0, 5, "a")], [piece(0, 5, "a"), piece(6, 9, "b")], [piece(0, 5, "a"), piece(4, 9, "b")],
      [piece(1, 9, "a")], [piece(0, 5, "a"), piece(5, 9, "a")], [piece(0, 5, "a"), piece(5, 5, "b"), piece(5, 9, "a")],
      [piece(0, 5, "a"), piece(5, 10, "b")],
    ]
    #expect(Partition(pieces: good).violations(face: 9).isEmpty)
    for pieces in bad { #expect(!Partition(pieces: pieces).violations(face: 9).isEmpty, "\(pieces)") }
  }
}
