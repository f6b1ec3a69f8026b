import Contracts
import Financing
import Ledger
import Sodium
import Testing

@Suite("Loans and payments")
struct PaymentTests {
  private func day(_ text: String) -> BusinessDate { BusinessDate(text)! }

  @Test("The whole story: confirm, transfer, finance, disburse, redeem, pay the surplus out (F-23, F-24, F-25)")
  func wholeStory() throws {
    var story = Story()
    let id = try story.certificate()
    let transfer = try story.does(
      "foundry", "transfer.offer/1", story.transfer(id, Interval(80_000, 100_000), to: "mill"))
    try story.does("mill", "transfer.accept/1", ["transfer": transfer.json])
    let loan = try story.activeLoan(on: id, Interval(0, 80_000))
    #expect(try story.find(loan, Loan.self).start == Story.firstDay)

    story.wait(until: Story.maturity)
    // 177 days of 9 % on 600.00 are 26.55; with principal and fee 631.55 are owed of the 800.00 that are pledged.
    #expect(
      try story.find(loan, Loan.self).due(on: story.today)
        == Charges(fees: 500, penalty: 0, interest: 2_655, principal: 60_000))
    try story.pays(
      "steelworks", story.payment(.redemption, id, to: "harbour-bank", "800.00", "R1", Interval(0, 80_000)),
      confirmedBy: "harbour-bank")
    try story.pays(
      "steelworks", story.payment(.redemption, id, to: "mill", "200.00", "R2", Interval(80_000, 100_000)),
      confirmedBy: "settlement-bank")
    let certificate = try story.find(id, ReceivableCertificate.self)
    #expect(certificate.status == .redeemed)
    #expect(certificate.outstanding == 0)
    let repaid = try story.find(loan, Loan.self)
    #expect(repaid.status == .repaid)
    #expect(repaid.surplus == 16_845)
    #expect(repaid.paid == Charges(fees: 500, penalty: 0, interest: 2_655, principal: 60_000))
    try story.pays(
      "harbour-bank", story.payment(.surplus, loan, to: "foundry", "168.45", "S1"), confirmedBy: "foundry")
    #expect(try story.find(loan, Loan.self).surplusPaid == 16_845)
    try story.refuses(
      .aboveOutstanding, "harbour-bank", "payment.claim/1", story.payment(.surplus, loan, to: "foundry", "0.01", "S2"))
  }

  @Test("A loan repaid by its borrower gives the pledge back (F-24)")
  func repaid() throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.activeLoan(on: id, Interval(0, 80_000))
    story.wait(until: day("2026-02-14"))
    try story.pays(
      "foundry", story.payment(.repayment, loan, to: "harbour-bank", "306.00", "P1"), confirmedBy: "harbour-bank")
    #expect(
      try story.find(loan, Loan.self).paid == Charges(fees: 500, penalty: 0, interest: 600, principal: 29_500))
    #expect(try story.find(loan, Loan.self).status == .active)
    story.wait(until: day("2026-03-26"))
    // 40 days of 9 % on 305.00 are 3.05.
    try story.refuses(
      .aboveOutstanding, "/terms/amount", "foundry", "payment.claim/1",
      story.payment(.repayment, loan, to: "harbour-bank", "308.06", "P2"))
    try story.pays(
      "foundry", story.payment(.repayment, loan, to: "harbour-bank", "308.05", "P2"), confirmedBy: "harbour-bank")
    #expect(try story.find(loan, Loan.self).status == .repaid)
    #expect(try story.find(id, ReceivableCertificate.self).partition == Partition(face: 100_000, owner: "foundry"))
    try story.refuses(
      .loanNotInState, "foundry", "payment.claim/1", story.payment(.repayment, loan, to: "harbour-bank", "1.00", "P3"))
  }

  @Test("A payment is taken in the order that the loan names (F-18)")
  func appropriation() throws {
    var story = Story()
    let id = try story.certificate()
    let terms = LoanTerms(
      currency: .cny, principal: 60_000, annualRate: 90_000, dayCount: .actual360, fee: 500,
      appropriation: [.principal, .interest, .fees, .penalty])
    let loan = try story.activeLoan(on: id, Interval(0, 80_000), terms)
    story.wait(until: day("2026-02-14"))
    try story.pays(
      "foundry", story.payment(.repayment, loan, to: "harbour-bank", "603.00", "P1"), confirmedBy: "harbour-bank")
    let left = try story.find(loan, Loan.self)
    #expect(left.paid == Charges(fees: 0, penalty: 0, interest: 300, principal: 60_000))
    #expect(left.due(on: day("2027-01-01")) == Charges(fees: 500, penalty: 0, interest: 300, principal: 0))
  }

  @Test("What is overdue bears the penalty rate on top, from maturity on (F-17)")
  func penalty() throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.activeLoan(on: id, Interval(0, 80_000))
    story.wait(until: day("2026-08-10"))
    // 217 days of 9 % and 40 days of 4.5 % on 600.00.
    #expect(
      try story.find(loan, Loan.self).due(on: story.today)
        == Charges(fees: 500, penalty: 300, interest: 3_255, principal: 60_000))
  }

  @Test("A payment dated before the last one works from the last one's day (F-18)")
  func backdated() throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.activeLoan(on: id, Interval(0, 80_000))
    story.wait(until: day("2026-02-14"))
    try story.pays(
      "foundry", story.payment(.repayment, loan, to: "harbour-bank", "6.00", "P1"), confirmedBy: "harbour-bank")
    try story.pays(
      "foundry", story.payment(.repayment, loan, to: "harbour-bank", "300.00", "P2", on: day("2026-01-25")),
      confirmedBy: "harbour-bank")
    #expect(
      try story.find(loan, Loan.self).paid == Charges(fees: 500, penalty: 0, interest: 600, principal: 29_500))
    // 40 more days on 305.00, none of them counted twice.
    #expect(
      try story.find(loan, Loan.self).due(on: day("2026-03-26"))
        == Charges(fees: 0, penalty: 0, interest: 305, principal: 30_500))
  }

  @Test("A claim discharges nothing until the payee confirms (F-19)")
  func onlyConfirmation() throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.agreedLoan(on: id, Interval(0, 80_000))
    let claim = try story.does(
      "harbour-bank", "payment.claim/1", story.payment(.disbursement, loan, to: "foundry", "600.00", "T1"))
    #expect(try story.find(loan, Loan.self).status == .agreed)
    try story.refuses(.notPayee, "harbour-bank", "payment.confirm/1", ["claim": claim.json])
    try story.refuses(.notPayee, "settlement-bank", "payment.confirm/1", ["claim": claim.json])
    try story.refuses(.notPayee, "harbour-bank", "payment.contest/1", ["claim": claim.json])
    try story.refuses(.claimUnknown, "foundry", "payment.confirm/1", ["claim": loan.json])
    try story.does("foundry", "payment.confirm/1", ["claim": claim.json])
    #expect(try story.find(loan, Loan.self).status == .active)
    try story.refuses(.claimNotOpen, "foundry", "payment.confirm/1", ["claim": claim.json])
    try story.refuses(.claimNotOpen, "foundry", "payment.contest/1", ["claim": claim.json])
  }

  @Test("The settlement bank confirms a redemption, but does not contest it (F-19)")
  func settlementBank() throws {
    var story = Story()
    let id = try story.certificate()
    story.wait(until: Story.maturity)
    let claim = try story.does(
      "steelworks", "payment.claim/1",
      story.payment(.redemption, id, to: "foundry", "1000.00", "R1", Interval(0, 100_000)))
    try story.refuses(.notPayee, "steelworks", "payment.confirm/1", ["claim": claim.json])
    try story.refuses(.notPayee, "settlement-bank", "payment.contest/1", ["claim": claim.json])
    try story.does("settlement-bank", "payment.confirm/1", ["claim": claim.json])
    #expect(try story.find(id, ReceivableCertificate.self).status == .redeemed)
  }

  @Test(
    "A disbursement is refused for its reason (F-20, F-24)",
    arguments: [
      (.loanUnknown, "subject", .string(Digest.zero.description)), (.notPayee, "payee", "mill"),
      (.currencyDiffers, "currency", "USD"), (.amountDiffers, "amount", "599.99"), (.amountDiffers, "amount", "600.01"),
      (.valueDateInvalid, "valueDate", "2026-01-06"), (.valueDateInvalid, "valueDate", "2026-01-04"),
      (.loanNotInState, "purpose", "surplus"),
    ] as [(Outcome, String, JSON)])
  func notDisbursed(outcome: Outcome, member: String, value: JSON) throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.agreedLoan(on: id, Interval(0, 80_000))
    let terms = story.payment(.disbursement, loan, to: "foundry", "600.00", "T1").with(member, value)
    try story.refuses(outcome, "harbour-bank", "payment.claim/1", terms)
  }

  @Test("Only who owes claims to have paid (F-20)")
  func notPayer() throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.agreedLoan(on: id, Interval(0, 80_000))
    try story.refuses(
      .notPayer, "foundry", "payment.claim/1", story.payment(.disbursement, loan, to: "foundry", "600.00", "T1"))
    try story.refuses(
      .notPayer, "shipyard", "payment.claim/1",
      story.payment(.redemption, id, to: "foundry", "1000.00", "T1", Interval(0, 100_000)))
  }

  @Test("A loan is disbursed before its maturity (F-24)")
  func lateDisbursement() throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.agreedLoan(on: id, Interval(0, 80_000))
    story.wait(until: Story.maturity)
    try story.refuses(
      .valueDateInvalid, "harbour-bank", "payment.claim/1",
      story.payment(.disbursement, loan, to: "foundry", "600.00", "T1"))
    // Nor is the bank a creditor yet: the borrower withdraws first.
    try story.refuses(
      .loanNotInState, "/terms/intervals/0", "steelworks", "payment.claim/1",
      story.payment(.redemption, id, to: "harbour-bank", "800.00", "R1", Interval(0, 80_000)))
    try story.does("foundry", "financing.cancel/1", ["request": story.find(loan, Loan.self).request.json])
    try story.pays(
      "steelworks", story.payment(.redemption, id, to: "foundry", "800.00", "R1", Interval(0, 80_000)),
      confirmedBy: "foundry")
  }

  @Test("A redemption is refused for its reason (F-23)")
  func notRedeemed() throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.activeLoan(on: id, Interval(0, 80_000))
    let free = story.payment(.redemption, id, to: "foundry", "200.00", "R1", Interval(80_000, 100_000))
    try story.refuses(.notMatured, "steelworks", "payment.claim/1", free)
    story.wait(until: Story.maturity)
    func refuses(_ outcome: Outcome, _ pointer: String, _ member: String, _ value: JSON) throws {
      try story.refuses(
        outcome, "/terms/\(pointer)", "steelworks", "payment.claim/1", free.with(member, value))
    }
    try refuses(.certificateUnknown, "subject", "subject", loan.json)
    try refuses(.amountDiffers, "amount", "amount", "199.99")
    try refuses(.amountDiffers, "amount", "amount", "200.01")
    try refuses(.currencyDiffers, "currency", "currency", "USD")
    try refuses(.notPayee, "payee", "payee", "mill")
    try refuses(.intervalInvalid, "intervals/0", "intervals", Story.intervals([Interval(80_000, 100_001)]))
    try refuses(.notPayee, "payee", "intervals", Story.intervals([Interval(0, 20_000)]))
    try refuses(.valueDateInvalid, "valueDate", "valueDate", "2026-07-02")
    try refuses(.valueDateInvalid, "valueDate", "valueDate", "2026-01-04")
    #expect(throws: Violations.self) {
      try story.submit("payment.claim/1", by: "steelworks", free.with("intervals", nil))
    }
    try story.pays("steelworks", free, confirmedBy: "foundry")
    try story.refuses(
      .intervalRedeemed, "steelworks", "payment.claim/1", free.with("reference", "R2"))
  }

  @Test("Pledged and free intervals of one payee are paid apart (F-23)")
  func paidApart() throws {
    var story = Story()
    let id = try story.certificate()
    let transfer = try story.does(
      "foundry", "transfer.offer/1", story.transfer(id, Interval(80_000, 100_000), to: "harbour-bank"))
    try story.does("harbour-bank", "transfer.accept/1", ["transfer": transfer.json])
    _ = try story.activeLoan(on: id, Interval(0, 80_000))
    story.wait(until: Story.maturity)
    try story.refuses(
      .intervalPledged, "steelworks", "payment.claim/1",
      story.payment(.redemption, id, to: "harbour-bank", "1000.00", "R1", Interval(0, 100_000)))
  }

  @Test("An interval has one open claim, a loan one for each purpose (F-22)")
  func oneClaim() throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.activeLoan(on: id, Interval(0, 80_000))
    try story.does(
      "foundry", "payment.claim/1", story.payment(.repayment, loan, to: "harbour-bank", "1.00", "P1"))
    try story.refuses(
      .claimAlreadyOpen, "foundry", "payment.claim/1", story.payment(.repayment, loan, to: "harbour-bank", "1.00", "P2")
    )
    story.wait(until: Story.maturity)
    func claim(_ from: Int64, _ to: Int64, _ reference: String) -> JSON {
      story.payment(
        .redemption, id, to: "foundry", Currency.cny.text(to - from), reference, Interval(from, to))
    }
    let (first, overlapping) = (claim(80_000, 80_100, "C0"), claim(80_099, 80_200, "C1"))
    try story.does("steelworks", "payment.claim/1", first)
    try story.refuses(.claimAlreadyOpen, "/terms/intervals", "steelworks", "payment.claim/1", overlapping)
    for index in 1..<Int64(OpenClaims.maximum) {
      try story.does(
        "steelworks", "payment.claim/1", claim(80_000 + index * 100, 80_100 + index * 100, "C\(index)"))
    }
    try story.refuses(.tooManyClaims, "steelworks", "payment.claim/1", claim(90_000, 90_001, "C99"))
    // Unanswered claims make room when their time is over, and can no longer be confirmed.
    story.wait(until: Story.maturity.adding(days: PaymentClaim.answerDays + 1))
    try story.does("steelworks", "payment.claim/1", overlapping.with("reference", "C1"))
    #expect(try story.find(id, ReceivableCertificate.self).claims.count == 1)
  }

  @Test("A reference is used once, and again only when the claim was contested (F-21)")
  func references() throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.activeLoan(on: id, Interval(0, 80_000))
    let terms = story.payment(.repayment, loan, to: "harbour-bank", "10.00", "P1")
    let claim = try story.does("foundry", "payment.claim/1", terms)
    let other = try story.find(loan, Loan.self)
    #expect(other.claims == [claim])
    try story.does("harbour-bank", "payment.contest/1", ["claim": claim.json])
    #expect(try story.find(loan, Loan.self).received == 0)
    try story.pays("foundry", terms, confirmedBy: "harbour-bank")
    try story.refuses(.referenceUsed, "/terms/reference", "foundry", "payment.claim/1", terms)
    // References are the payer's own: the bank may use the same text.
    story.wait(until: Story.maturity)
    try story.does(
      "steelworks", "payment.claim/1",
      story.payment(.redemption, id, to: "foundry", "200.00", "P1", Interval(80_000, 100_000)))
  }

  @Test("What the debtor paid the bank after the borrower had repaid is all surplus (F-25)")
  func paidTwice() throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.activeLoan(on: id, Interval(0, 80_000))
    story.wait(until: Story.maturity)
    let redemption = try story.does(
      "steelworks", "payment.claim/1",
      story.payment(.redemption, id, to: "harbour-bank", "800.00", "R1", Interval(0, 80_000)))
    try story.pays(
      "foundry", story.payment(.repayment, loan, to: "harbour-bank", "631.55", "P1"), confirmedBy: "harbour-bank")
    #expect(try story.find(loan, Loan.self).status == .repaid)
    try story.does("harbour-bank", "payment.confirm/1", ["claim": redemption.json])
    #expect(try story.find(loan, Loan.self).surplus == 80_000)
    #expect(try story.find(id, ReceivableCertificate.self).redeemed == 80_000)
  }

  @Test("Redemption in parts pays the loan down and releases what is left of the pledge (F-25)")
  func inParts() throws {
    var story = Story()
    let id = try story.certificate()
    let loan = try story.activeLoan(on: id, Interval(0, 80_000))
    story.wait(until: Story.maturity)
    try story.pays(
      "steelworks", story.payment(.redemption, id, to: "harbour-bank", "631.54", "R1", Interval(0, 63_154)),
      confirmedBy: "harbour-bank")
    #expect(try story.find(loan, Loan.self).due(on: story.today)?.total == 1)
    try story.pays(
      "steelworks", story.payment(.redemption, id, to: "harbour-bank", "0.02", "R2", Interval(63_154, 63_156)),
      confirmedBy: "settlement-bank")
    let repaid = try story.find(loan, Loan.self)
    #expect(repaid.status == .repaid)
    #expect(repaid.surplus == 1)
    let pieces = try story.find(id, ReceivableCertificate.self).partition.pieces
    #expect(pieces.map(\.encumbrance) == [.redeemed, .none])
    #expect(pieces[1].interval == Interval(63_156, 100_000))
  }
}
