import Client
import Contracts
import Foundation
import Ledger
import Node
import Replication
import Testing

@Suite("The desk and its pool") struct DeskTests {
  @Test("a recorded document that is sent again is answered with its first id, not refused") func again() async throws {
    let desk = try TestDesk()
    let order = try desk.order()
    let id = try desk.admitted(order).id
    try desk.execute([order])
    let submitted = try await desk.desk.submit([order])
    #expect(submitted.map(\.id) == [id])
    #expect(submitted[0].violations == nil)
  }

  @Test("other content under a jti that is waiting is refused") func waitingJTI() async throws {
    let desk = try TestDesk()
    let jti = UUID().uuidString.lowercased()
    let first = try desk.order(desk.payload(jti: jti))
    let other = try desk.order(desk.payload(jti: jti, amount: "\"11.00\""))
    let submitted = try await desk.desk.submit([first, first, other])
    #expect(submitted.map { $0.violations?.first.refusal } == [nil, nil, .jtiReused])
    #expect(submitted[0].id == submitted[1].id)
  }

  @Test("disclosures are taken whole, and only those that the document committed to") func disclosures() async throws {
    let desk = try TestDesk()
    var draft = TestDocuments.order("PO-1")
    draft.details = [.init("note", "brake parts")]
    let good = try desk.signed(draft)
    let strange = Disclosure(salt: [UInt8](repeating: 1, count: 16), name: "note", value: "other parts")
    var twice = good.transmission
    if let text = good.disclosures.first?.text { twice += Array("\(text)~".utf8) }
    for (bytes, refusal) in [
      (good.compact + Array("~\(strange.text)~".utf8), Refusal.disclosureInvalid),
      (good.compact + Array("~nonsense~".utf8), .disclosureInvalid), (twice, .disclosureInvalid),
    ] {
      let submitted = try await desk.desk.submit([bytes])
      #expect(submitted[0].violations?.first.refusal == refusal)
    }
    #expect(try await desk.desk.submit([good.transmission])[0].violations == nil)
  }

  @Test("an issuer's flood ends at its share (429, ask again); another issuer still gets in and is served") func share()
    async throws
  {
    var limits = Pool.Limits()
    limits.documents = 8
    let desk = try TestDesk(limits: limits)
    let flood = try (0..<10).map { _ in try desk.order() }
    let submitted = try await desk.desk.submit(flood)
    #expect(submitted.prefix(4).allSatisfy { $0.violations == nil })
    for refused in submitted.dropFirst(4) {
      let violations = try #require(refused.violations)
      #expect(violations.first.refusal == .shareExceeded)
      #expect(violations.first.refusal.number == 1031)
      let problem = Problem.violations(violations)
      #expect(problem.status.code == 429)
      #expect(problem.retryAfterSeconds == 1)
    }
    let other = try desk.order(
      desk.payload(issuer: "puhui-bank").replacing("jinling-parts", with: "taihu-steel"), by: "puhui-bank/desk")
    #expect(try await desk.desk.submit([other])[0].violations == nil)
    // In turns: of two places in a block each issuer gets one.
    let taken = desk.pool.take(documents: 2, bytes: 1 << 20, quota: 2, time: 0) { _ in false }
    #expect(Set(taken.map(\.envelope.issuer)) == ["huadong-motors", "puhui-bank"])
  }

  @Test("a full pool refuses whoever comes (429), and takes again what finds room") func full() async throws {
    var limits = Pool.Limits()
    limits.documents = 4
    limits.issuerShare = 1
    let desk = try TestDesk(limits: limits)
    let flood = try (0..<4).map { _ in try desk.order() }
    #expect(try await desk.desk.submit(flood).allSatisfy { $0.violations == nil })
    let other = try desk.order(desk.payload(issuer: "puhui-bank"), by: "puhui-bank/desk")
    let refused = try #require(try await desk.desk.submit([other])[0].violations)
    #expect(refused.first.refusal == .poolFull)
    #expect(Problem.violations(refused).status.code == 429)
    desk.pool.remove([try desk.admitted(flood[0])], time: 0)
    #expect(try await desk.desk.submit([other])[0].violations == nil)
  }

  @Test("the pool is bounded in bytes as well") func bytes() async throws {
    let desk = try TestDesk()
    var limits = Pool.Limits()
    let order = try desk.order()
    limits.bytes = order.count * 2 + 8
    let pool = Pool(limits: limits)
    #expect(try pool.add(try desk.admitted(order)))
    #expect(try pool.add(try desk.admitted(try desk.order())))
    #expect(throws: Violations.self) { try pool.add(try desk.admitted(try desk.order())) }
  }
}
