import Contracts
import Financing
import Ledger
import Sodium
import Testing

/// The acts in a few words, with the usual terms; `changing` puts other terms in.
extension Story {
  /// Fails unless the act is accepted; answers the id of what it made.
  @discardableResult
  mutating func does(_ issuer: String, _ type: String, _ terms: JSON) throws -> Digest {
    let entry = try submit(type, by: issuer, terms)
    #expect(entry.outcome == .accepted, "\(type) by \(issuer): \(entry.outcome) at \(entry.pointer)")
    return entry.id
  }

  /// Fails unless the act is refused with just this outcome.
  mutating func refuses(
    _ outcome: Outcome, _ issuer: String, _ type: String, _ terms: JSON, at location: SourceLocation = #_sourceLocation
  ) throws {
    let entry = try submit(type, by: issuer, terms)
    #expect(entry.outcome == outcome, sourceLocation: location)
  }

  /// Fails unless the act is refused with just this outcome, for this place.
  mutating func refuses(
    _ outcome: Outcome, _ pointer: String, _ issuer: String, _ type: String, _ terms: JSON,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let entry = try submit(type, by: issuer, terms)
    #expect(entry.outcome == outcome, sourceLocation: location)
    #expect(entry.pointer == pointer, sourceLocation: location)
  }

  static func confirmation(_ amount: String = "1000.00") -> JSON {
    [
      "supplier": "foundry", "invoice": "INV-1", "currency": "CNY", "amount": .string(amount),
      "maturity": .string(maturity.description), "settlementBank": "settlement-bank",
    ]
  }

  /// The steelworks confirms, the foundry accepts.
  mutating func certificate(_ amount: String = "1000.00") throws -> Digest {
    let certificate = try does("steelworks", "receivable.confirm/1", Story.confirmation(amount))
    try does("foundry", "receivable.accept/1", ["certificate": certificate.json])
    return certificate
  }

  static func intervals(_ intervals: [Interval]) -> JSON { .array(intervals.map(\.json)) }

  func transfer(_ certificate: Digest, _ intervals: Interval..., to receiver: String) -> JSON {
    [
      "certificate": certificate.json, "intervals": Story.intervals(intervals), "receiver": .string(receiver),
      "recourse": true,
    ]
  }

  func request(_ certificate: Digest, _ intervals: Interval..., banks: [String] = ["harbour-bank", "river-bank"])
    -> JSON
  {
    [
      "certificate": certificate.json, "intervals": Story.intervals(intervals),
      "banks": .array(banks.map { .string($0) }), "commitBy": .integer(now + 60), "openBy": .integer(now + 120),
    ]
  }

  /// 40 days of ACT/360 at 9 % on 600.00 are 6.00.
  static let terms = LoanTerms(
    currency: .cny, principal: 60_000, annualRate: 90_000, dayCount: .actual360, fee: 500, penaltyRate: 45_000)

  static func offer(_ terms: LoanTerms = terms, validUntil: Int64 = 4_000_000_000) -> OfferOpening {
    OfferOpening(.offer(terms, validUntil: validUntil), salt: [UInt8](repeating: 7, count: 32))
  }

  mutating func commits(_ bank: String, to opening: OfferOpening, _ request: Digest) throws {
    try does(
      bank, "offer.commit/1",
      ["request": request.json, "commitment": opening.commitment(request: request, bank: bank).json])
  }

  mutating func opens(_ bank: String, _ opening: OfferOpening, _ request: Digest) throws {
    let requester = try find(find(request, FinancingRequest.self).requester, Member.self)
    let sealed = try #require(opening.sealed(to: requester))
    try does(bank, "offer.open/1", ["request": request.json, "sealed": .string(Base64URL.encode(sealed))])
  }

  func acceptance(_ request: Digest, _ bank: String = "harbour-bank", _ opening: OfferOpening = Story.offer()) -> JSON {
    ["request": request.json, "bank": .string(bank), "opening": .string(opening.text)]
  }

  /// Request, commitment and opening: all but the acceptance.
  mutating func openedOffer(
    on certificate: Digest, _ intervals: Interval, by owner: String = "foundry", from bank: String = "harbour-bank",
    _ opening: OfferOpening = Story.offer()
  ) throws -> Digest {
    let request = try does(owner, "financing.request/1", request(certificate, intervals))
    try commits(bank, to: opening, request)
    now += 60
    try opens(bank, opening, request)
    return request
  }

  mutating func agreedLoan(on certificate: Digest, _ intervals: Interval, _ terms: LoanTerms = terms) throws -> Digest {
    let request = try openedOffer(on: certificate, intervals, Story.offer(terms))
    return try does("foundry", "offer.accept/1", acceptance(request, "harbour-bank", Story.offer(terms)))
  }

  func payment(
    _ purpose: PaymentPurpose, _ subject: Digest, to payee: String, _ amount: String, _ reference: String,
    on date: BusinessDate? = nil, _ intervals: Interval...
  ) -> JSON {
    let terms: JSON = [
      "purpose": .string(purpose.rawValue), "subject": subject.json, "payee": .string(payee), "currency": "CNY",
      "amount": .string(amount), "valueDate": .string((date ?? today).description), "reference": .string(reference),
    ]
    return intervals.isEmpty ? terms : terms.with("intervals", Story.intervals(intervals))
  }

  /// Claims and confirms.
  mutating func pays(_ payer: String, _ terms: JSON, confirmedBy payee: String) throws {
    let claim = try does(payer, "payment.claim/1", terms)
    try does(payee, "payment.confirm/1", ["claim": claim.json])
  }

  mutating func activeLoan(on certificate: Digest, _ intervals: Interval, _ terms: LoanTerms = terms) throws -> Digest {
    let loan = try agreedLoan(on: certificate, intervals, terms)
    try pays(
      "harbour-bank",
      payment(
        .disbursement, loan, to: "foundry", terms.currency.text(terms.principal), "out-\(loan.description.prefix(8))"),
      confirmedBy: "foundry")
    return loan
  }
}
