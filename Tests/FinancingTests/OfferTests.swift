import Contracts
import Financing
import Ledger
import Sodium
import Testing

@Suite("Sealed offers")
struct OfferTests {
  @Test("An accepted offer pledges exactly the named intervals (F-14, F-15)")
  func accepted() throws {
    var story = Story()
    let id = try story.certificate()
    let request = try story.openedOffer(on: id, Interval(10_000, 90_000))
    let loan = try story.does("foundry", "offer.accept/1", story.acceptance(request))
    let pieces = try story.find(id, ReceivableCertificate.self).partition.pieces
    #expect(pieces.map(\.encumbrance) == [.none, .pledged(loan), .none])
    #expect(pieces[1].interval == Interval(10_000, 90_000))
    let agreed = try story.find(loan, Loan.self)
    #expect(agreed.status == .agreed)
    #expect(agreed.lender == "harbour-bank")
    #expect(agreed.terms == Story.terms)
    #expect(try story.find(request, FinancingRequest.self).loan == loan)
    try story.refuses(.requestNotOpen, "foundry", "offer.accept/1", story.acceptance(request))
  }

  @Test("The same receivable pledged to the second bank is refused (F-11, F-15)")
  func pledgedTwice() throws {
    var story = Story()
    let id = try story.certificate()
    let first = try story.does("foundry", "financing.request/1", story.request(id, Interval(0, 60_000)))
    let second = try story.does(
      "foundry", "financing.request/1", story.request(id, Interval(59_999, 100_000), banks: ["river-bank"]))
    let small = Story.offer(LoanTerms(currency: .cny, principal: 40_000, annualRate: 1, dayCount: .thirty360))
    try story.commits("harbour-bank", to: Story.offer(), first)
    try story.commits("river-bank", to: small, second)
    story.now += 60
    try story.opens("harbour-bank", Story.offer(), first)
    try story.opens("river-bank", small, second)
    try story.does("foundry", "offer.accept/1", story.acceptance(first))
    try story.refuses(
      .intervalPledged, "/terms/request", "foundry", "offer.accept/1",
      story.acceptance(second, "river-bank", small))
    try story.refuses(.intervalPledged, "foundry", "financing.request/1", story.request(id, Interval(0, 1)))
    try story.refuses(.intervalPledged, "foundry", "transfer.offer/1", story.transfer(id, Interval(0, 1), to: "mill"))
  }

  @Test("What was sold after the request cannot be pledged by it (F-11, F-15)")
  func soldMeanwhile() throws {
    var story = Story()
    let id = try story.certificate()
    let request = try story.openedOffer(on: id, Interval(0, 60_000))
    let transfer = try story.does("foundry", "transfer.offer/1", story.transfer(id, Interval(5, 6), to: "mill"))
    try story.refuses(.intervalOffered, "foundry", "offer.accept/1", story.acceptance(request))
    try story.does("mill", "transfer.accept/1", ["transfer": transfer.json])
    try story.refuses(.notOwner, "foundry", "offer.accept/1", story.acceptance(request))
  }

  @Test("A request invites other banks, each once, and leaves them time (F-11)")
  func request() throws {
    var story = Story()
    let id = try story.certificate()
    let terms = story.request(id, Interval(0, 60_000))
    try story.refuses(
      .certificateUnknown, "foundry", "financing.request/1", terms.with("certificate", Digest.zero.json))
    try story.refuses(
      .bankUnknown, "/terms/banks/1", "foundry", "financing.request/1", terms.with("banks", ["river-bank", "mill"]))
    try story.refuses(
      .deadlineInvalid, "/terms/commitBy", "foundry", "financing.request/1",
      terms.with("commitBy", .integer(story.now + 59)))
    try story.refuses(
      .deadlineInvalid, "/terms/openBy", "foundry", "financing.request/1",
      terms.with("openBy", .integer(story.now + 60)))
    #expect(throws: Violations.self) {
      try story.submit(
        "financing.request/1", by: "foundry", terms.with("banks", ["river-bank", "river-bank"]))
    }
  }

  @Test("Each invited bank commits once, before the deadline (F-12)")
  func commitments() throws {
    var story = Story()
    let id = try story.certificate()
    let request = try story.does(
      "foundry", "financing.request/1", story.request(id, Interval(0, 60_000), banks: ["harbour-bank", "river-bank"]))
    let terms: JSON = ["request": request.json, "commitment": Digest.zero.json]
    try story.refuses(.requestUnknown, "harbour-bank", "offer.commit/1", terms.with("request", id.json))
    try story.refuses(.bankNotInvited, "settlement-bank", "offer.commit/1", terms)
    try story.refuses(.roleMissing, "mill", "offer.commit/1", terms)
    try story.does("harbour-bank", "offer.commit/1", terms)
    try story.refuses(.alreadyCommitted, "harbour-bank", "offer.commit/1", terms)
    story.now += 60
    try story.refuses(.deadlinePassed, "river-bank", "offer.commit/1", terms)
  }

  @Test("Openings come after the one deadline and until the other, once, in one size (F-13)")
  func openings() throws {
    var story = Story()
    let id = try story.certificate()
    let request = try story.does("foundry", "financing.request/1", story.request(id, Interval(0, 60_000)))
    try story.commits("harbour-bank", to: Story.offer(), request)
    let sealed = [UInt8](repeating: 1, count: OfferOpening.sealedSize)
    let terms: JSON = ["request": request.json, "sealed": .string(Base64URL.encode(sealed))]
    try story.refuses(.deadlineNotReached, "harbour-bank", "offer.open/1", terms)
    try story.refuses(.deadlineNotReached, "foundry", "offer.accept/1", story.acceptance(request))
    story.now += 60
    try story.refuses(.notCommitted, "river-bank", "offer.open/1", terms)
    try story.refuses(
      .openingSize, "harbour-bank", "offer.open/1", terms.with("sealed", .string(Base64URL.encode(sealed.dropLast()))))
    try story.refuses(.notOpened, "foundry", "offer.accept/1", story.acceptance(request))
    story.now += 60
    let last = story
    try story.does("harbour-bank", "offer.open/1", terms)
    try story.refuses(.alreadyOpened, "harbour-bank", "offer.open/1", terms)
    var late = last
    late.now += 1
    try late.refuses(.deadlinePassed, "harbour-bank", "offer.open/1", terms)
    try late.refuses(.notOpened, "foundry", "offer.accept/1", late.acceptance(request))
  }

  @Test("Only the requester accepts, and only what was committed to (F-14)")
  func acceptance() throws {
    var story = Story()
    let id = try story.certificate()
    let request = try story.openedOffer(on: id, Interval(0, 60_000))
    let good = story.acceptance(request)
    try story.refuses(.notRequester, "mill", "offer.accept/1", good)
    try story.refuses(.bankNotInvited, "foundry", "offer.accept/1", good.with("bank", "settlement-bank"))
    try story.refuses(.notCommitted, "foundry", "offer.accept/1", good.with("bank", "river-bank"))
    let cheaper = Story.offer(LoanTerms(currency: .cny, principal: 60_000, annualRate: 1, dayCount: .actual360))
    try story.refuses(
      .openingDiffers, "foundry", "offer.accept/1", good.with("opening", .string(cheaper.text)))
    try story.refuses(
      .openingDiffers, "foundry", "offer.accept/1", good.with("opening", .string(Story.offer().text + " ")))
  }

  @Test(
    "An opening that does not make a loan is refused for its reason (F-14)",
    arguments: [
      (.offerDeclined, OfferOpening(.decline, salt: [UInt8](repeating: 1, count: 32))),
      (.offerExpired, Story.offer(validUntil: 1_767_571_200)),
      (
        .principalAboveFace,
        Story.offer(LoanTerms(currency: .cny, principal: 60_001, annualRate: 1, dayCount: .actual360))
      ),
      (
        .currencyDiffers,
        Story.offer(LoanTerms(currency: Currency("USD")!, principal: 1, annualRate: 1, dayCount: .actual360))
      ),
    ] as [(Outcome, OfferOpening)])
  func noLoan(outcome: Outcome, opening: OfferOpening) throws {
    var story = Story()
    let id = try story.certificate()
    let request = try story.openedOffer(on: id, Interval(0, 60_000), opening)
    try story.refuses(
      outcome, "/terms/opening", "foundry", "offer.accept/1", story.acceptance(request, "harbour-bank", opening))
  }

  @Test("A bank that committed to what is no offer gets no loan (F-14)")
  func malformed() throws {
    var story = Story()
    let id = try story.certificate()
    let request = try story.does("foundry", "financing.request/1", story.request(id, Interval(0, 60_000)))
    let text = Story.offer().text.replacing("\"arrears\"", with: "\"advance\"")
    #expect(text.utf8.count == OfferOpening.size)
    let commitment = OfferOpening.commitment(to: text, request: request, bank: "harbour-bank")
    try story.does("harbour-bank", "offer.commit/1", ["request": request.json, "commitment": commitment.json])
    story.now += 60
    try story.opens("harbour-bank", Story.offer(), request)
    try story.refuses(
      .termsInvalid, "foundry", "offer.accept/1", story.acceptance(request).with("opening", .string(text)))
  }

  @Test("A request can be withdrawn, and a loan until it is disbursed or claimed to be (F-16)")
  func cancelled() throws {
    var story = Story()
    let id = try story.certificate()
    let open = try story.does("foundry", "financing.request/1", story.request(id, Interval(0, 60_000)))
    try story.refuses(.notRequester, "mill", "financing.cancel/1", ["request": open.json])
    try story.does("foundry", "financing.cancel/1", ["request": open.json])
    try story.refuses(.requestNotOpen, "foundry", "financing.cancel/1", ["request": open.json])
    try story.refuses(
      .requestNotOpen, "river-bank", "offer.commit/1", ["request": open.json, "commitment": Digest.zero.json])

    let loan = try story.agreedLoan(on: id, Interval(0, 60_000))
    let request = try story.find(loan, Loan.self).request
    let claim = try story.does(
      "harbour-bank", "payment.claim/1", story.payment(.disbursement, loan, to: "foundry", "600.00", "T1"))
    try story.refuses(.claimAlreadyOpen, "foundry", "financing.cancel/1", ["request": request.json])
    try story.does("foundry", "payment.contest/1", ["claim": claim.json])
    try story.does("foundry", "financing.cancel/1", ["request": request.json])
    #expect(try story.find(loan, Loan.self).status == .cancelled)
    #expect(try story.find(id, ReceivableCertificate.self).partition == Partition(face: 100_000, owner: "foundry"))

    let second = try story.activeLoan(on: id, Interval(0, 60_000))
    let active = try story.find(second, Loan.self).request
    try story.refuses(.loanNotInState, "foundry", "financing.cancel/1", ["request": active.json])
  }

  @Test("An offer and a decline look equal, and only the requester reads them (F-12, F-13)")
  func equalSize() throws {
    let widest = Story.offer(
      LoanTerms(
        currency: Currency("CLF")!, principal: DecimalText.maximum, annualRate: LoanTerms.maximumRate,
        dayCount: .actual365Fixed, fee: DecimalText.maximum, penaltyRate: LoanTerms.maximumRate),
      validUntil: 253_402_300_799)
    let decline = OfferOpening(.decline, salt: [UInt8](repeating: 255, count: 32))
    let foundry = try Story().find("foundry", Member.self)
    for opening in [widest, decline, Story.offer()] {
      #expect(opening.text.utf8.count == OfferOpening.size)
      #expect(try OfferOpening(opening.text) == opening)
      let sealed = try #require(opening.sealed(to: foundry))
      #expect(sealed.count == OfferOpening.sealedSize)
      #expect(openingKey("foundry").open(sealed) == Array(opening.text.utf8))
      #expect(openingKey("river-bank").open(sealed) == nil)
    }
  }

  @Test("Commitments differ by request, bank and salt")
  func commitmentsDiffer() {
    let other = OfferOpening(Story.offer().decision, salt: [UInt8](repeating: 8, count: 32))
    let request = sha256([1])
    let all = [
      Story.offer().commitment(request: request, bank: "a"), Story.offer().commitment(request: request, bank: "b"),
      Story.offer().commitment(request: .zero, bank: "a"), other.commitment(request: request, bank: "a"),
    ]
    #expect(Set(all).count == 4)
  }

  @Test(
    "An opening is read strictly",
    arguments: [
      ("\"penalty\"", "\"fees\"   "), ("\"ACT/360\"", "\"ACT/361\""), ("\"600.00\"", "\"600.0\" "), ("90000", "-9000"),
      ("\"fee\"", "\"eef\""), ("{\"decision\"", " \"decision\""),
    ])
  func strict(word: String, other: String) {
    let text = Story.offer().text.replacing(word, with: other)
    #expect(text.utf8.count == OfferOpening.size)
    #expect(text != Story.offer().text)
    #expect(throws: Violations.self) { try OfferOpening(text) }
  }
}
