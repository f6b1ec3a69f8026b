import Contracts
import Financing
import Ledger
import Sodium
import Testing

@Suite("Receivables and transfers")
struct ReceivableTests {
  @Test("The buyer confirms, the supplier accepts and owns the whole face (F-4, F-5, F-7)")
  func confirmed() throws {
    var story = Story()
    let id = try story.does("steelworks", "receivable.confirm/1", Story.confirmation("600.00"))
    #expect(try story.find(id, ReceivableCertificate.self).status == .offered)
    #expect(try story.find(id, ReceivableCertificate.self).partition == .empty)
    try story.does("foundry", "receivable.accept/1", ["certificate": id.json])
    let certificate = try story.find(id, ReceivableCertificate.self)
    #expect(certificate.status == .active)
    #expect(certificate.partition == Partition(face: 60_000, owner: "foundry"))
    #expect(certificate.outstanding == 60_000)
    #expect(try story.invoice.confirmable == 40_000)
  }

  @Test(
    "A confirmation is refused for its reason (F-5, F-6)",
    arguments: [
      (.invoiceUnknown, "invoice", "INV-2"), (.currencyDiffers, "currency", "USD"),
      (.aboveMatched, "amount", "1000.01"),
      (.maturityInvalid, "maturity", "2026-01-05"), (.maturityInvalid, "maturity", "2027-01-06"),
      (.settlementBankUnknown, "settlementBank", "mill"), (.settlementBankUnknown, "settlementBank", "nobody"),
    ] as [(Outcome, String, String)])
  func notConfirmed(outcome: Outcome, member: String, value: String) throws {
    var story = Story()
    try story.refuses(
      outcome, "/terms/\(member)", "steelworks", "receivable.confirm/1",
      Story.confirmation().with(member, .string(value)))
  }

  @Test("The last day of the longest tenor is allowed (F-6)")
  func longestTenor() throws {
    var story = Story()
    try story.does("steelworks", "receivable.confirm/1", Story.confirmation().with("maturity", "2027-01-05"))
  }

  @Test("Only the invoice's buyer confirms, and only a core enterprise (F-5)")
  func notDebtor() throws {
    var story = Story()
    try story.refuses(.notDebtor, "shipyard", "receivable.confirm/1", Story.confirmation())
    try story.refuses(.roleMissing, "foundry", "receivable.confirm/1", Story.confirmation())
  }

  @Test("A debtor that is a bank cannot settle its own certificate (F-6)")
  func ownSettlement() throws {
    var story = Story()
    let steelworks = try story.find("steelworks", Member.self)
    story.put(
      Member(
        id: "steelworks", name: "steelworks", roles: [.coreEnterprise, .bank], identifiers: [],
        sealingKey: steelworks.sealingKey, admittedAt: 0))
    try story.refuses(
      .settlementBankUnknown, "steelworks", "receivable.confirm/1",
      Story.confirmation().with("settlementBank", "steelworks"))
  }

  @Test("A refusal frees what was confirmed; an answer is given once, by the supplier (F-7, F-9)")
  func refused() throws {
    var story = Story()
    let id = try story.does("steelworks", "receivable.confirm/1", Story.confirmation())
    try story.refuses(.aboveMatched, "steelworks", "receivable.confirm/1", Story.confirmation("0.01"))
    try story.refuses(.notSupplier, "mill", "receivable.accept/1", ["certificate": id.json])
    try story.refuses(.certificateUnknown, "foundry", "receivable.refuse/1", ["certificate": Digest.zero.json])
    try story.does("foundry", "receivable.refuse/1", ["certificate": id.json])
    #expect(try story.invoice.confirmable == 100_000)
    try story.refuses(.certificateNotOffered, "foundry", "receivable.accept/1", ["certificate": id.json])
    try story.refuses(
      .certificateNotActive, "foundry", "transfer.offer/1", story.transfer(id, Interval(0, 1), to: "mill"))
    try story.does("steelworks", "receivable.confirm/1", Story.confirmation())
  }

  @Test("A part changes hands when the receiver accepts, and its lineage shows (F-10)")
  func transferred() throws {
    var story = Story()
    let id = try story.certificate()
    let first = try story.does(
      "foundry", "transfer.offer/1", story.transfer(id, Interval(100, 300), Interval(500, 600), to: "mill"))
    try story.refuses(
      .intervalOffered, "/terms/intervals/1", "foundry", "transfer.offer/1",
      story.transfer(id, Interval(0, 10), Interval(200, 310), to: "shipyard"))
    try story.refuses(.notReceiver, "shipyard", "transfer.accept/1", ["transfer": first.json])
    try story.does("mill", "transfer.accept/1", ["transfer": first.json])
    try story.refuses(.transferNotOpen, "foundry", "transfer.revoke/1", ["transfer": first.json])
    let second = try story.does(
      "mill", "transfer.offer/1", story.transfer(id, Interval(250, 300), to: "shipyard"))
    try story.does("shipyard", "transfer.accept/1", ["transfer": second.json])
    let transfer = try story.find(second, Transfer.self)
    #expect(transfer.hops == 2)
    #expect(transfer.recourse)
    let pieces = try story.find(id, ReceivableCertificate.self).partition.pieces
    #expect(pieces.map(\.interval.to) == [100, 250, 300, 500, 600, 100_000])
    #expect(pieces.map(\.owner) == ["foundry", "mill", "shipyard", "foundry", "mill", "foundry"])
    #expect(pieces.map(\.holding.origin) == [nil, first, second, nil, first, nil])
  }

  @Test("What is refused or revoked is the sender's again, in one piece (F-2, F-10)", arguments: [true, false])
  func notTransferred(refused: Bool) throws {
    var story = Story()
    let id = try story.certificate()
    let transfer = try story.does("foundry", "transfer.offer/1", story.transfer(id, Interval(100, 300), to: "mill"))
    try story.refuses(.notSender, "mill", "transfer.revoke/1", ["transfer": transfer.json])
    try story.refuses(.transferUnknown, "mill", "transfer.accept/1", ["transfer": id.json])
    try story.does(
      refused ? "mill" : "foundry", "transfer.\(refused ? "refuse" : "revoke")/1", ["transfer": transfer.json])
    #expect(try story.find(id, ReceivableCertificate.self).partition == Partition(face: 100_000, owner: "foundry"))
    try story.refuses(.transferNotOpen, "mill", "transfer.accept/1", ["transfer": transfer.json])
  }

  @Test(
    "Intervals that name nothing, overlap or leave the face are refused (F-3)",
    arguments: [
      [Interval(5, 5)], [Interval(6, 5)], [Interval(0, 100_001)], [Interval(0, 10), Interval(9, 20)],
      [Interval(20, 30), Interval(0, 10)],
    ])
  func invalidIntervals(_ intervals: [Interval]) throws {
    var story = Story()
    let id = try story.certificate()
    try story.refuses(
      .intervalInvalid, "/terms/intervals/\(intervals.count - 1)", "foundry", "transfer.offer/1",
      story.transfer(id, Interval(0, 1), to: "mill").with("intervals", Story.intervals(intervals)))
  }

  @Test("Nobody gives what it does not own, to itself, or to a stranger (F-3)")
  func notOwner() throws {
    var story = Story()
    let id = try story.certificate()
    try story.refuses(.notOwner, "mill", "transfer.offer/1", story.transfer(id, Interval(0, 1), to: "foundry"))
    try story.refuses(.receiverUnknown, "foundry", "transfer.offer/1", story.transfer(id, Interval(0, 1), to: "nobody"))
    try story.refuses(
      .receiverUnknown, "foundry", "transfer.offer/1", story.transfer(id, Interval(0, 1), to: "foundry"))
  }

  @Test("Ownership stands still from maturity on (F-8)")
  func matured() throws {
    var story = Story()
    let id = try story.certificate()
    let transfer = try story.does("foundry", "transfer.offer/1", story.transfer(id, Interval(0, 9), to: "mill"))
    story.wait(until: Story.maturity)
    try story.refuses(.alreadyMatured, "mill", "transfer.accept/1", ["transfer": transfer.json])
    try story.refuses(.alreadyMatured, "foundry", "transfer.offer/1", story.transfer(id, Interval(10, 11), to: "mill"))
    try story.refuses(.alreadyMatured, "foundry", "financing.request/1", story.request(id, Interval(10, 11)))
    try story.does("foundry", "transfer.revoke/1", ["transfer": transfer.json])
  }

  @Test("Pieces have a smallest size and a greatest number (F-2)")
  func bounded() throws {
    var story = Story(parameters: Parameters(board: ["steelworks"], boardThreshold: 1, smallestPiece: 10, pieces: 4))
    let id = try story.certificate()
    func transfer(_ from: Int64, _ to: Int64) -> JSON { story.transfer(id, Interval(from, to), to: "mill") }
    let (small, sliver, first, fitting) = (
      transfer(50, 59), transfer(9, 30), transfer(10, 20), transfer(99_990, 100_000)
    )
    let last = transfer(50, 60)
    try story.refuses(.pieceTooSmall, "foundry", "transfer.offer/1", small)
    try story.refuses(.pieceTooSmall, "foundry", "transfer.offer/1", sliver)
    try story.does("foundry", "transfer.offer/1", first)
    try story.refuses(.tooManyPieces, "foundry", "transfer.offer/1", last)
    try story.does("foundry", "transfer.offer/1", fitting)
    let request = story.request(id, Interval(20, 29))
    try story.refuses(.tooManyPieces, "/terms/intervals", "foundry", "financing.request/1", request)
  }
}
