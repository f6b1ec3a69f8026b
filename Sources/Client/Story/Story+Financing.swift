import Contracts
import Financing
import Foundation
import Ledger
import Sodium

extension Story {
  /// Step 6: a part goes to the supplier's own supplier; for the rest both banks make sealed offers.
  func financing() async throws {
    transferred = Interval(0, 30_000_000)
    pledged = Interval(30_000_000, invoiceAmount)
    let transfer = try await act(
      "offers 300,000.00 of it to its own supplier", by: "jinling-parts/clerk", "transfer.offer/1",
      [
        "certificate": .string("\(certificate)"), "intervals": Interval.json(transferred), "receiver": "taihu-steel",
      ])
    try await act(
      "accepts the part", by: "taihu-steel/clerk", "transfer.accept/1", ["transfer": .string("\(transfer.id)")])
    let deadline = facts.now + Int64(Double(facts.rate) * offerWindow.inMilliseconds / 1000)
    for title in ["asks both banks to finance 830,000.00", "asks both banks again for the same money"] {
      let request = try await act(
        title, by: "jinling-parts/clerk", "financing.request/1",
        [
          "certificate": .string("\(certificate)"), "intervals": Interval.json(pledged),
          "banks": ["bank-of-jiangnan", "puhui-bank"], "commitBy": .integer(deadline),
          "openBy": .integer(deadline + 40 * 86_400),
        ])
      requests.append(request.id)
    }
    for request in requests {
      try await commit("commits to a sealed offer", by: "bank-of-jiangnan", request, annualRate: 42_000)
      try await commit("commits to a sealed offer", by: "puhui-bank", request, annualRate: 39_000)
    }
    try await wait(until: deadline, "the deadline for commitments passes")
    for request in requests {
      for bank in ["bank-of-jiangnan", "puhui-bank"] { try await open(bank, request) }
    }
    try await accept(
      "accepts the better offer: 3.9 % a year", requests[0], "puhui-bank", "pledges exactly [30000000, 113000000)")
  }

  /// Rate in millionths a year. Equal commitments: nobody can tell an offer from a decline.
  private func commit(_ title: String, by bank: String, _ request: Digest, annualRate: Int64) async throws {
    let terms = LoanTerms(
      currency: .cny, principal: 80_000_000, annualRate: annualRate, dayCount: .actual360, fee: 0,
      penaltyRate: annualRate / 2,
      appropriation: [.fees, .penalty, .interest, .principal])
    let opening = OfferOpening(.offer(terms, validUntil: facts.now + 60 * 86_400), salt: randomBytes(32))
    openings["\(request)/\(bank)"] = opening
    try await act(
      title, by: "\(bank)/desk", "offer.commit/1",
      [
        "request": .string("\(request)"),
        "commitment": .string("\(opening.commitment(request: request, bank: bank))"),
      ])
  }

  private func open(_ bank: String, _ request: Digest) async throws {
    let sealing = try MemberKey.keyFile("\(keys)/jinling-parts/sealing.json")
    guard let opening = openings["\(request)/\(bank)"],
      let sealed = SealedBox.seal(Array(opening.text.utf8), to: sealing.publicKey)
    else { throw ClientError.story("an opening cannot be sealed") }
    // Only the requester reads it: proved here by opening it with the requester's key.
    guard let key = sealing.openingKey(), key.open(sealed) == Array(opening.text.utf8) else {
      throw ClientError.story("the requester cannot open the offer")
    }
    try await act(
      "opens its offer to the requester alone", by: "\(bank)/desk", "offer.open/1",
      ["request": .string("\(request)"), "sealed": .string(Base64URL.encode(sealed))])
  }

  private func accept(
    _ title: String, _ request: Digest, _ bank: String, _ note: String?, expect: Outcome = .accepted
  ) async throws {
    let accepted = try await act(
      title, by: "jinling-parts/clerk", "offer.accept/1",
      [
        "request": .string("\(request)"), "bank": .string(bank),
        "opening": .string(openings["\(request)/\(bank)"]?.text ?? ""),
      ], expect: expect, note: note)
    if expect == .accepted { loan = accepted.id }
  }

  /// The heart of it: the same money is never lent against twice.
  func refusedFinancing() async throws {
    try await accept(
      "pledges the same receivable to the second bank", requests[1], "bank-of-jiangnan", nil, expect: .intervalPledged)
    try await act(
      "transfers what is pledged", by: "jinling-parts/clerk", "transfer.offer/1",
      ["certificate": .string("\(certificate)"), "intervals": Interval.json(pledged), "receiver": "taihu-steel"],
      expect: .intervalPledged)
  }

  /// Step 7.
  func disbursement() async throws {
    disbursedOn = today
    let claim = try await pay(
      "disburses 800,000.00", by: "puhui-bank/desk", "disbursement", subject: loan, payee: "jinling-parts", 80_000_000,
      "PH-0001")
    try await confirmPayment("confirms that the money came", by: "jinling-parts/clerk", claim)
  }

  @discardableResult
  func pay(
    _ title: String, by name: String, _ purpose: String, subject: Digest, payee: String, _ amount: Int64,
    _ reference: String, intervals: Interval? = nil, expect: Outcome = .accepted, note: String? = nil
  ) async throws -> Digest {
    var terms: [JSON.Member] = [
      .init("purpose", .string(purpose)), .init("subject", .string("\(subject)")), .init("payee", .string(payee)),
      .init("currency", "CNY"), .init("amount", .string(Currency.cny.text(amount))),
      .init("valueDate", .string("\(today)")), .init("reference", .string(reference)),
    ]
    if let intervals { terms.append(.init("intervals", Interval.json(intervals))) }
    return try await act(title, by: name, "payment.claim/1", .object(terms), expect: expect, note: note).id
  }

  func confirmPayment(_ title: String, by name: String, _ claim: Digest) async throws {
    try await act(title, by: name, "payment.confirm/1", ["claim": .string("\(claim)")])
  }

  /// Step 8: maturity, payment, repayment, release, redemption.
  func redemption() async throws {
    try await pay(
      "claims to have paid before maturity", by: "huadong-motors/treasury", "redemption", subject: certificate,
      payee: "taihu-steel", transferred.size, "HD-EARLY", intervals: transferred,
      expect: today < maturity ? .notMatured : .accepted)
    try await wait(until: Int64(maturity.daysSince1970) * 86_400, "the certificate matures on \(maturity)")
    let toHolder = try await pay(
      "pays 300,000.00 to the holder", by: "huadong-motors/treasury", "redemption", subject: certificate,
      payee: "taihu-steel", transferred.size, "HD-0001", intervals: transferred)
    try await check(
      "reads the certificate: a claim alone discharges nothing", by: "taihu-steel", "/v1/certificates/\(certificate)"
    ) {
      $0["redeemed"] == "0.00" ? nil : "redeemed is \($0["redeemed"]?.text ?? "missing")"
    }
    try await pay(
      "claims the same payment again", by: "huadong-motors/treasury", "redemption", subject: certificate,
      payee: "taihu-steel", transferred.size, "HD-0002", intervals: transferred, expect: .claimAlreadyOpen)
    try await confirmPayment("confirms: paid", by: "taihu-steel/clerk", toHolder)
    let paidOn = today
    let toBank = try await pay(
      "pays 830,000.00 to the bank that holds the pledge", by: "huadong-motors/treasury", "redemption",
      subject: certificate, payee: "puhui-bank", pledged.size, "HD-0003", intervals: pledged)
    try await confirmPayment("confirms: the loan is repaid", by: "puhui-bank/desk", toBank)
    try await settle(paidOn)
  }

  /// Interest to the fen, computed here a second time, and what the lender owes back.
  private func settle(_ paidOn: BusinessDate) async throws {
    var surplus: Int64 = 0
    let loan = try await read("/v1/loans/\(loan)", by: "puhui-bank")
    guard let start = loan["start"]?.string.flatMap({ BusinessDate($0) }) else {
      throw ClientError.story("the loan has no start")
    }
    let days = start.days(until: paidOn)
    // ACT/360, half-even: principal × rate × days / (1,000,000 × 360).
    let (quotient, remainder) = (80_000_000 * 39_000 * days).quotientAndRemainder(dividingBy: 360_000_000)
    let interest =
      quotient + (remainder * 2 > 360_000_000 || (remainder * 2 == 360_000_000 && quotient % 2 == 1) ? 1 : 0)
    surplus = pledged.size - 80_000_000 - interest
    try await check(
      "computes \(days) days of interest: \(Currency.cny.text(interest))", by: "puhui-bank", "/v1/loans/\(self.loan)"
    ) {
      $0["paid"]?["interest"] == .string(Currency.cny.text(interest))
        && $0["surplus"] == .string(Currency.cny.text(surplus))
        ? nil : "the loan says interest \($0["paid"]?["interest"]?.text ?? ""), surplus \($0["surplus"]?.text ?? "")"
    }
    let back = try await pay(
      "pays the surplus of \(Currency.cny.text(surplus)) back", by: "puhui-bank/desk", "surplus", subject: self.loan,
      payee: "jinling-parts", surplus, "PH-0002")
    try await confirmPayment("confirms the surplus", by: "jinling-parts/clerk", back)
    try await check("reads the certificate: redeemed", by: "huadong-motors", "/v1/certificates/\(certificate)") {
      $0["status"] == "redeemed" && $0["redeemed"] == "1130000.00"
        ? nil : "status is \($0["status"]?.text ?? "missing")"
    }
  }
}
