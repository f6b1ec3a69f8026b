import Contracts
import Financing
import Ledger
import Sodium
import Testing

/// Random acts of random members: whatever is accepted or refused, the books balance after each (`Story.submit`
/// checks).
private struct History {
  var story: Story
  var dice: Dice
  var accepted: [String: Int] = [:]
  private var ids: [StateTable: [Digest]] = [:]
  private var references = 0
  private let banks = ["harbour-bank", "river-bank"]
  private let people = ["foundry", "mill", "shipyard", "harbour-bank"]

  init(seed: UInt64) {
    dice = Dice(seed)
    story = Story(
      matched: 40, parameters: Parameters(board: ["steelworks"], boardThreshold: 1, smallestPiece: 2, pieces: 12))
  }

  private mutating func any(_ table: StateTable) -> Digest {
    let known = ids[table] ?? []
    // Mostly a recent one: old ones are closed.
    return known.isEmpty ? .zero : known[max(0, known.count - 1 - dice.roll(min(known.count, 4)))]
  }

  private mutating func one(of words: [String]) -> String { words[dice.roll(words.count)] }

  private mutating func submit(_ issuer: String, _ type: String, _ terms: JSON, makes table: StateTable? = nil) throws {
    let entry = try story.submit(type, by: issuer, terms)
    guard entry.outcome == .accepted else { return }
    accepted[type, default: 0] += 1
    if let table { ids[table, default: []].append(entry.id) }
  }

  private func find<T: StateObject>(_ id: Digest, _ type: T.Type) -> T? where T.ID == Digest {
    var reading = State(story.state)
    return reading.get(T.self, id)
  }

  private mutating func somePieces(of certificate: Digest) -> ([Interval], owner: String) {
    guard let pieces = find(certificate, ReceivableCertificate.self)?.partition.pieces, !pieces.isEmpty else {
      return ([Interval(0, 4)], "foundry")
    }
    let piece = pieces[dice.roll(pieces.count)]
    let from = piece.interval.from + Int64(dice.roll(3) * 2)
    let to = dice.roll(2) == 0 ? piece.interval.to : min(piece.interval.to, from + 6)
    return ([from < to ? Interval(from, to) : piece.interval], piece.owner)
  }

  private func opening(_ principal: Int64) -> OfferOpening {
    Story.offer(
      LoanTerms(
        currency: .cny, principal: max(1, principal), annualRate: 1_000_000, dayCount: .thirty360, fee: 1,
        penaltyRate: 500_000))
  }

  mutating func step() throws {
    let certificate = any(.certificate)
    let (intervals, owner) = somePieces(of: certificate)
    switch dice.roll(12) {
    case 0:
      let amount = Currency.cny.text(Int64(5 + dice.roll(20)))
      try submit("steelworks", "receivable.confirm/1", Story.confirmation(amount), makes: .certificate)
    case 1:
      let word = dice.roll(5) == 0 ? "refuse" : "accept"
      try submit("foundry", "receivable.\(word)/1", ["certificate": certificate.json])
    case 2:
      let terms = story.transfer(certificate, intervals[0], to: one(of: people))
      try submit(owner, "transfer.offer/1", terms, makes: .transfer)
    case 3:
      let id = any(.transfer)
      guard let transfer = find(id, Transfer.self) else { return }
      switch dice.roll(5) {
      case 0: try submit(transfer.receiver, "transfer.refuse/1", ["transfer": id.json])
      case 1: try submit(transfer.sender, "transfer.revoke/1", ["transfer": id.json])
      default: try submit(transfer.receiver, "transfer.accept/1", ["transfer": id.json])
      }
    case 4, 5:
      let terms = story.request(certificate, intervals[0])
      try submit(owner, "financing.request/1", terms, makes: .financingRequest)
      guard let request = find(any(.financingRequest), FinancingRequest.self) else { return }
      let opening = opening(request.intervals.size - Int64(dice.roll(3)))
      let bank = one(of: banks)
      try submit(
        bank, "offer.commit/1",
        ["request": request.id.json, "commitment": opening.commitment(request: request.id, bank: bank).json])
      if dice.roll(3) > 0 { story.now += 60 }
      let sealed = String(repeating: "A", count: (OfferOpening.sealedSize * 4 + 2) / 3)
      try submit(bank, "offer.open/1", ["request": request.id.json, "sealed": .string(sealed)])
      try submit(request.requester, "offer.accept/1", story.acceptance(request.id, bank, opening), makes: .loan)
    case 6:
      let request = any(.financingRequest)
      guard dice.roll(3) == 0 else { return }
      try submit(
        find(request, FinancingRequest.self)?.requester ?? "mill", "financing.cancel/1", ["request": request.json])
    case 7, 8: try claimOnLoan()
    case 9:
      guard
        case .pledged(let id)? = find(certificate, ReceivableCertificate.self)?.partition.pieces(in: intervals[0])
          .first?.encumbrance
      else { return try redeem(certificate, intervals[0], to: owner) }
      try redeem(certificate, intervals[0], to: find(id, Loan.self)?.lender ?? owner)
    case 10:
      let id = any(.paymentClaim)
      guard let claim = find(id, PaymentClaim.self) else { return }
      let word = dice.roll(6) == 0 ? "contest" : "confirm"
      try submit(claim.payee, "payment.\(word)/1", ["claim": id.json])
    default:
      story.now += Int64(dice.roll(4)) * 86_400
    }
  }

  private mutating func redeem(_ certificate: Digest, _ interval: Interval, to payee: String) throws {
    references += 1
    let terms = story.payment(
      .redemption, certificate, to: payee, Currency.cny.text(interval.size), "R\(references)", interval)
    try submit("steelworks", "payment.claim/1", terms, makes: .paymentClaim)
  }

  private mutating func claimOnLoan() throws {
    guard let loan = find(any(.loan), Loan.self) else { return }
    references += 1
    let purpose: PaymentPurpose =
      switch loan.status {
      case .agreed, .cancelled: .disbursement
      case .active: .repayment
      case .repaid: .surplus
      }
    let (payer, payee) = purpose == .repayment ? (loan.borrower, loan.lender) : (loan.lender, loan.borrower)
    let owed =
      switch purpose {
      case .disbursement: loan.terms.principal
      case .surplus: loan.surplus - loan.surplusPaid
      case .repayment, .redemption: loan.due(on: story.today)?.total ?? 0
      }
    let amount = max(1, purpose == .repayment && dice.roll(2) == 0 ? owed / 2 : owed)
    let terms = story.payment(purpose, loan.id, to: payee, Currency.cny.text(amount), "L\(references)")
    try submit(payer, "payment.claim/1", terms, makes: .paymentClaim)
  }
}

@Suite("Random histories")
struct HistoryTests {
  @Test("The books balance after every act of random members (F-26)")
  func balance() throws {
    var accepted: [String: Int] = [:]
    for seed in UInt64(1)...12 {
      var history = History(seed: seed)
      for _ in 0..<250 { try history.step() }
      accepted.merge(history.accepted, uniquingKeysWith: +)
    }
    for type in ActRegistry.financing {
      #expect(accepted[type.type] ?? 0 >= 3, "\(type.type) was accepted \(accepted[type.type] ?? 0) times")
    }
  }

  @Test("The largest amounts and rates make numbers or refusals, never a trap")
  func extremes() throws {
    var story = Story(matched: DecimalText.maximum)
    let all = Interval(0, DecimalText.maximum)
    let amount = Currency.cny.text(DecimalText.maximum)
    let id = try story.certificate(amount)
    let terms = LoanTerms(
      currency: .cny, principal: DecimalText.maximum, annualRate: LoanTerms.maximumRate, dayCount: .actual360,
      fee: DecimalText.maximum, penaltyRate: LoanTerms.maximumRate)
    let loan = try story.activeLoan(on: id, all, terms)
    let active = try story.find(loan, Loan.self)
    #expect(active.due(on: Story.maturity)?.total == 2 * DecimalText.maximum + 491_666_666_666_666)
    #expect(active.due(on: BusinessDate(daysSince1970: .max)) == nil)
    #expect(active.due(on: BusinessDate(daysSince1970: .min))?.interest == 0)
    story.wait(until: try #require(BusinessDate("9999-12-30")))
    try story.refuses(
      .arithmetic, "foundry", "payment.claim/1", story.payment(.repayment, loan, to: "harbour-bank", "1.00", "P1"))
    try story.pays(
      "foundry", story.payment(.repayment, loan, to: "harbour-bank", amount, "P2", on: Story.maturity),
      confirmedBy: "harbour-bank")
    #expect(try story.find(loan, Loan.self).paid.fees == DecimalText.maximum)
  }
}
