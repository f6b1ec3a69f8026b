import Contracts
import Financing
import Ledger
import Sodium
import Testing

@Suite("The books can be recomputed (F-26)")
struct InvariantTests {
  /// An active loan on part of a certificate, another part on offer.
  private func books() throws -> (story: Story, certificate: ReceivableCertificate, loan: Loan) {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.activeLoan(on: id, Interval(0, 80_000))
    try story.does("foundry", "transfer.offer/1", story.transfer(id, Interval(90_000, 95_000), to: "mill"))
    return (story, try story.find(id), try story.find(loan))
  }

  private func codes(_ story: Story) -> Set<Invariants.Code> { Set(story.findings.map(\.code)) }

  @Test("Sound books have no findings")
  func sound() throws {
    #expect(try books().story.findings.isEmpty)
  }

  @Test("A gap in a partition is found")
  func gap() throws {
    var (story, certificate, _) = try books()
    certificate.partition = Partition(pieces: Array(certificate.partition.pieces.dropFirst()))
    story.put(certificate)
    #expect(codes(story).contains(.partition))
  }

  @Test("A piece pledged to nobody's loan, and a loan without its security, are found")
  func strayPledge() throws {
    var (story, certificate, loan) = try books()
    let pieces = certificate.partition.pieces
    certificate.partition = Partition(
      pieces: [Piece(pieces[0].interval, Holding(owner: "foundry", encumbrance: .pledged(.zero)))] + pieces.dropFirst())
    story.put(certificate)
    #expect(codes(story) == [.pledged, .security])
    loan.status = .repaid
    story.put(loan)
    #expect(codes(story).contains(.loan))
  }

  @Test("A piece of another owner under a pledge is found")
  func wrongOwner() throws {
    var (story, certificate, loan) = try books()
    let pieces = certificate.partition.pieces
    certificate.partition = Partition(
      pieces: [Piece(pieces[0].interval, Holding(owner: "mill", encumbrance: .pledged(loan.id)))] + pieces.dropFirst())
    story.put(certificate)
    #expect(codes(story).contains(.pledged))
  }

  @Test("A transfer that is over but still holds its piece is found")
  func strayOffer() throws {
    var (story, certificate, _) = try books()
    let held = certificate.partition.pieces.first { if case .offered = $0.encumbrance { true } else { false } }
    guard case .offered(let id) = held?.encumbrance else { return #expect(Bool(false), "no piece is on offer") }
    var transfer = try story.find(id, Transfer.self)
    transfer.status = .refused
    story.put(transfer)
    #expect(codes(story) == [.offered])
  }

  @Test("An amount redeemed without a payment is found")
  func unpaid() throws {
    var (story, certificate, _) = try books()
    try certificate.partition.replace([Interval(99_000, 100_000)], within: Parameters(board: [], boardThreshold: 0)) {
      $0.encumbrance = .redeemed
    }
    story.put(certificate)
    #expect(codes(story) == [.face])
  }

  @Test("A payment that the loan does not count, and one counted without a claim, are found")
  func miscounted() throws {
    var (story, _, loan) = try books()
    story.put(
      PaymentClaim(
        id: sha256([9]), purpose: .repayment, subject: loan.id, payer: "foundry", payee: "harbour-bank", currency: .cny,
        amount: 5, valueDate: story.today, reference: "X", claimed: story.today))
    #expect(codes(story).isEmpty)
    var claim = try story.find(sha256([9]), PaymentClaim.self)
    claim.status = .confirmed
    story.put(claim)
    #expect(codes(story) == [.payments])
    loan.surplusPaid = 1
    story.put(loan)
    #expect(codes(story) == [.payments, .loan])
  }

  @Test("An invoice confirmed for more than its certificates is found")
  func confirmed() throws {
    var (story, _, _) = try books()
    var invoice = try story.invoice
    invoice.confirmed -= 1
    story.put(invoice)
    #expect(codes(story) == [.confirmed])
  }

  @Test("A value that cannot be read, or stands under another key, is found")
  func undecodable() throws {
    var (story, certificate, _) = try books()
    story.state.apply([StateChange(key: ReceivableCertificate.key(certificate.id), value: [0x80])])
    #expect(codes(story).contains(.undecodable))
    story.state.apply([
      StateChange(key: ReceivableCertificate.key(certificate.id), value: nil),
      StateChange(key: ReceivableCertificate.key(.zero), value: certificate.cbor),
    ])
    #expect(codes(story).contains(.undecodable))
  }

  @Test("Every object of the state comes back from its bytes")
  func roundTrips() throws {
    var (story, certificate, loan) = try books()
    try story.does("foundry", "payment.claim/1", story.payment(.repayment, loan.id, to: "harbour-bank", "1.00", "P1"))
    func check<T: StateObject & Equatable>(_ type: T.Type, _ table: StateTable) throws {
      let values = story.sorted.filter { $0.key[0] == table.rawValue }
      #expect(!values.isEmpty, "no \(table)")
      for (key, value) in values {
        let object = try T(cbor: value)
        #expect(object.cbor == value)
        #expect(T.key(object.stateID) == key)
        for count in 0..<value.count { #expect(throws: CBORError.self) { try T(cbor: Array(value.prefix(count))) } }
      }
    }
    try check(ReceivableCertificate.self, .certificate)
    try check(Transfer.self, .transfer)
    try check(FinancingRequest.self, .financingRequest)
    try check(SealedOffer.self, .sealedOffer)
    try check(Loan.self, .loan)
    try check(PaymentClaim.self, .paymentClaim)
    try check(PaymentReference.self, .paymentReference)
    #expect(certificate.partition.pieces.count == 4)
  }

  @Test("Every type of document has its own name, and a schema")
  func registry() {
    let names = ActRegistry.all.types.map { $0.type }
    #expect(Set(names).count == names.count)
    #expect(ActRegistry.financing.count == 15)
    for type in ActRegistry.financing {
      #expect(type.schema["title"]?.string == type.title)
      #expect(type.schema["properties"]?["terms"]?["additionalProperties"] == false)
    }
  }
}
