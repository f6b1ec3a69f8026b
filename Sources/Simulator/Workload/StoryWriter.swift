import Contracts
import Financing
import Ledger
import Sodium

/// Writes the documents of the workload: the same ones in every process.
struct StoryWriter {
  let network: String
  private var generator = SeededGenerator(seed: 20_260_105)
  private var documents: UInt64 = 0
  static let start = VirtualClock.epoch / 1_000
  static let day = BusinessDate(daysSince1970: Int32(start / 86_400))
  static let farFuture = start + 300 * 86_400

  init(network: String) { self.network = network }

  // MARK: Signing

  mutating func item(
    _ issuer: String, _ type: String, _ terms: JSON, key: String = "main", jti: String? = nil, notBefore: Int64 = 0,
    issuedAt: Int64 = StoryWriter.start, expiresAt: Int64 = StoryWriter.farFuture
  ) -> Item {
    documents += 1
    let issue = DocumentDraft.Issue(
      network: network, key: KeyID(member: issuer, name: key), jti: jti ?? newJTI(), issuedAt: issuedAt,
      expiresAt: expiresAt)
    let signed = DocumentDraft(type: type, terms: terms).signed(with: Cast.key("\(issuer)/\(key)"), issue)
    return Item(bytes: signed.compact, id: signed.id, notBefore: notBefore)
  }

  mutating func newJTI() -> String {
    let digits = String(documents, radix: 16)
    return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  // MARK: Documents by themselves

  mutating func order(_ index: Int) -> Item {
    let buyer = Cast.buyers[index % Cast.buyers.count]
    return item(
      buyer, "order/1", orderTerms("SPOT-\(index)", Cast.suppliers[index % Cast.suppliers.count], carriers: []))
  }

  /// Each is wrong in one way that the door sees.
  mutating func refused(_ index: Int) -> Item {
    let terms = orderTerms("WRONG-\(index)", "jinling", carriers: [])
    switch index % 4 {
    case 0:
      let good = item("huadong", "order/1", terms)
      var bytes = good.bytes
      bytes[bytes.count - 20] = bytes[bytes.count - 20] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      return Item(bytes: bytes, id: good.id, notBefore: 0)
    case 1: return item("huadong", "order/1", terms, key: "nobody-knows")
    case 2:
      return item("huadong", "order/1", terms, issuedAt: StoryWriter.start - 90_000, expiresAt: StoryWriter.start - 9)
    default:
      let stranger = StoryWriter(network: "elsewhere-0011223344556677")
      var writer = stranger
      return writer.item("huadong", "order/1", terms)
    }
  }

  private func orderTerms(_ number: String, _ supplier: String, carriers: [String]) -> JSON {
    [
      "number": .string(number), "supplier": .string(supplier), "currency": "CNY", "date": date,
      "lines": [["line": "1", "quantity": "5", "unit": "EA", "amount": "1000.00"]],
      "carriers": .array(carriers.map { .string($0) }),
    ]
  }

  private var date: JSON { .string(StoryWriter.day.description) }

  // MARK: Stories

  mutating func story(_ index: Int) -> StoryLine {
    index % 8 == 7 ? keyStory(index) : index % 8 == 3 ? memberStory(index) : tradeStory(index)
  }

  /// A key is added, used, revoked, and used in vain.
  private mutating func keyStory(_ index: Int) -> StoryLine {
    let member = Cast.buyers[index % Cast.buyers.count]
    let name = "desk\(index)"
    let key: JSON = [
      "name": .string(name), "publicKey": Cast.text(Cast.key("\(member)/\(name)").publicKey), "permissions": ["trade"],
    ]
    var line = StoryLine()
    line.items.append(item(member, "key.add/1", ["member": .string(member), "key": key]))
    for part in 0..<2 {
      let terms = orderTerms("KEY-\(index)-\(part)", Cast.suppliers[index % 4], carriers: [])
      line.items.append(item(member, "order/1", terms, key: name))
    }
    line.items.append(item(member, "key.revoke/1", ["member": .string(member), "key": .string(name)]))
    line.items.append(
      item(member, "order/1", orderTerms("KEY-\(index)-late", Cast.suppliers[index % 4], carriers: []), key: name))
    return line
  }

  /// The board admits a member, which then orders.
  private mutating func memberStory(_ index: Int) -> StoryLine {
    let id = "guest\(index)"
    let key: JSON = [
      "name": "main", "publicKey": Cast.text(Cast.key("\(id)/main").publicKey), "permissions": ["trade", "confirm"],
    ]
    let proposal = item(
      "huadong", "member.admit/1",
      [
        "id": .string(id), "name": .string(id), "roles": ["coreEnterprise"], "identifiers": [],
        "sealingKey": .string(Base64URL.encode(Cast.key("\(id) sealing").publicKey.bytes)), "keys": [key],
      ])
    var line = StoryLine(items: [proposal])
    for member in ["jiangnan", "puhui"] {
      line.items.append(item(member, "approval/1", ["document": .string(proposal.id.description)]))
    }
    line.items.append(item(id, "order/1", orderTerms("GUEST-\(index)", Cast.suppliers[index % 4], carriers: [])))
    return line
  }

  /// The board changes the validators three times: one takes a new vote key, all change places, one takes its old key
  /// again.
  mutating func changes(_ genesis: Genesis) -> StoryLine {
    var line = StoryLine()
    var current = genesis.validators
    for epoch in UInt64(1)...3 {
      var next = current.validators
      switch epoch {
      case 1: next[0] = changed(next[0], to: "\(next[0].organisation) next vote")
      case 2: next.reverse()
      default:
        let last = next.count - 1
        next[last] = changed(next[last], to: "\(next[last].organisation) vote")
      }
      let seats = next.map { validator -> JSON in
        var members: [JSON.Member] = [
          .init("organisation", .string(validator.organisation)), .init("voteKey", Cast.text(validator.voteKey)),
          .init("transportKey", Cast.text(validator.transportKey)),
        ]
        if !current.validators.contains(validator) {
          let statement = validator.possessionStatement(network: network, epoch: epoch)
          let signature = Cast.voteKey(of: validator.voteKey).sign(statement)
          members.append(.init("possession", .string(Base64URL.encode(signature.bytes))))
        }
        return .object(members)
      }
      let proposal = item(
        "huadong", "validators/1", ["epoch": .integer(Int64(epoch)), "validators": .array(seats)])
      line.items += [proposal, item("jiangnan", "approval/1", ["document": .string(proposal.id.description)])]
      // Orders in between, so that the chain goes on to the end of the epoch.
      for part in 0..<16 {
        line.items.append(
          item("donghai", "order/1", orderTerms("EPOCH-\(epoch)-\(part)", "taihu", carriers: [])))
      }
      current = ValidatorSet(epoch: epoch, validators: next)
    }
    return line
  }

  private func changed(_ validator: Validator, to key: String) -> Validator {
    Validator(
      organisation: validator.organisation, voteKey: Cast.key(key).publicKey, transportKey: validator.transportKey)
  }

  /// From the order to the repaid loan, with what must not succeed in between.
  private mutating func tradeStory(_ index: Int) -> StoryLine {
    let buyer = generator.pick(Cast.buyers)
    let supplier = generator.pick(Cast.suppliers)
    let carrier = generator.pick(Cast.carriers)
    let number = "S\(index)"
    var line = StoryLine()
    line.items.append(item(buyer, "order/1", orderTerms(number, supplier, carriers: [carrier])))
    line.items.append(
      item(supplier, "order.response/1", ["buyer": .string(buyer), "order": .string(number), "decision": "accepted"]))
    line.items.append(
      item(
        supplier, "dispatch/1",
        [
          "buyer": .string(buyer), "order": .string(number), "number": .string("D\(number)"), "date": date,
          "carrier": .string(carrier), "lines": [["line": "1", "quantity": "5"]],
        ]))
    for event in ["pickedUp", "delivered"] {
      line.items.append(
        item(
          carrier, "attestation/1",
          [
            "supplier": .string(supplier), "dispatch": .string("D\(number)"), "event": .string(event), "date": date,
          ]))
    }
    line.items.append(
      item(
        buyer, "receipt/1",
        [
          "supplier": .string(supplier), "dispatch": .string("D\(number)"), "number": .string("R\(number)"),
          "date": date, "lines": [["line": "1", "received": "5"]],
        ]))
    line.items.append(
      item(
        supplier, "invoice/1",
        [
          "buyer": .string(buyer), "order": .string(number), "number": .string("I\(number)"), "date": date,
          "currency": "CNY", "lines": [["line": "1", "quantity": "5", "amount": "1000.00"]], "additions": "0.00",
          "deductions": "0.00", "total": "1000.00",
        ]))
    finance(index, buyer, supplier, "I\(number)", &line)
    return line
  }

  private mutating func finance(
    _ index: Int, _ buyer: String, _ supplier: String, _ invoice: String, _ line: inout StoryLine
  ) {
    let maturity = StoryWriter.day.adding(days: 1)
    func confirmation(_ amount: String) -> JSON {
      [
        "supplier": .string(supplier), "invoice": .string(invoice), "currency": "CNY", "amount": .string(amount),
        "maturity": .string(maturity.description), "settlementBank": "jiangnan",
      ]
    }
    if generator.percent(30) { line.items.append(item(buyer, "receivable.confirm/1", confirmation("1000.01"))) }
    let confirmed = item(buyer, "receivable.confirm/1", confirmation("1000.00"))
    let certificate = JSON.string(confirmed.id.description)
    line.items.append(confirmed)
    line.items.append(item(supplier, "receivable.accept/1", ["certificate": certificate]))
    let receiver = Cast.suppliers.first { $0 != supplier }!
    let split = Interval(0, 30_000)
    let transfer = item(
      supplier, "transfer.offer/1",
      ["certificate": certificate, "intervals": [split.json], "receiver": .string(receiver), "recourse": true])
    line.items.append(transfer)
    let answers = ["transfer.accept/1", "transfer.accept/1", "transfer.refuse/1"]
    line.items.append(item(receiver, generator.pick(answers), ["transfer": .string(transfer.id.description)]))
    borrow(index, supplier, certificate, Interval(30_000, 100_000), &line)
    redeem(buyer, [(receiver, split), (supplier, Interval(30_000, 100_000))], certificate, maturity, index, &line)
  }

  /// Two requests for the same money at two banks: only one can be accepted.
  private mutating func borrow(
    _ index: Int, _ owner: String, _ certificate: JSON, _ interval: Interval, _ line: inout StoryLine
  ) {
    let commitBy = StoryWriter.start + (12 + 8 * Int64(index % 6)) * Cast.clockRate
    let terms = LoanTerms(
      currency: .cny, principal: 50_000, annualRate: 42_000, dayCount: .actual360, fee: 100, penaltyRate: 21_000)
    var accepted: [Item] = []
    var opened: [Item] = []
    for (turn, bank) in [Cast.banks[index % 3], Cast.banks[(index + 1) % 3]].enumerated() {
      let request = item(
        owner, "financing.request/1",
        [
          "certificate": certificate, "intervals": [interval.json], "banks": [.string(bank)],
          "commitBy": .integer(commitBy), "openBy": .integer(commitBy + 40 * 86_400),
        ])
      let salt = (0..<32).map { UInt8(truncatingIfNeeded: index &* 7 &+ turn &+ $0) }
      let opening = OfferOpening(.offer(terms, validUntil: StoryWriter.farFuture), salt: salt)
      line.items.append(request)
      line.items.append(
        item(
          bank, "offer.commit/1",
          [
            "request": .string(request.id.description),
            "commitment": .string(opening.commitment(request: request.id, bank: bank).description),
          ]))
      // Only its size can be seen from outside: sealing is random, and every process must write the same documents.
      let sealed = (0..<OfferOpening.sealedSize).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
      opened.append(
        item(
          bank, "offer.open/1",
          ["request": .string(request.id.description), "sealed": .string(Base64URL.encode(sealed))],
          notBefore: commitBy + Cast.clockRate / 2))
      accepted.append(
        item(
          owner, "offer.accept/1",
          [
            "request": .string(request.id.description), "bank": .string(bank), "opening": .string(opening.text),
          ], notBefore: commitBy + Cast.clockRate / 2))
    }
    line.items += opened + accepted
    for (turn, loan) in accepted.enumerated() {
      let bank = Cast.banks[(index + turn) % 3]
      pay("disbursement", loan.id, bank, to: owner, "500.00", "OUT-\(index)-\(turn)", &line)
    }
    pay("repayment", accepted[0].id, owner, to: Cast.banks[index % 3], "100.00", "BACK-\(index)", &line)
  }

  private mutating func redeem(
    _ debtor: String, _ parts: [(String, Interval)], _ certificate: JSON, _ maturity: BusinessDate, _ index: Int,
    _ line: inout StoryLine
  ) {
    let due = Int64(maturity.daysSince1970) * 86_400 + Cast.clockRate / 2
    for (turn, (holder, interval)) in parts.enumerated() {
      guard let certificate = certificate.string.flatMap({ Digest(hexadecimal: $0) }) else { continue }
      pay(
        "redemption", certificate, debtor, to: holder, Currency.cny.text(interval.size), "DUE-\(index)-\(turn)",
        intervals: interval, notBefore: due, &line)
    }
  }

  /// Claims, sometimes twice, and confirms or contests.
  private mutating func pay(
    _ purpose: String, _ subject: Digest, _ payer: String, to payee: String, _ amount: String, _ reference: String,
    intervals: Interval? = nil, notBefore: Int64 = 0, _ line: inout StoryLine
  ) {
    var members: [JSON.Member] = [
      .init("purpose", .string(purpose)), .init("subject", .string(subject.description)),
      .init("payee", .string(payee)), .init("currency", "CNY"), .init("amount", .string(amount)),
      .init("valueDate", date), .init("reference", .string(reference)),
    ]
    if let intervals { members.append(.init("intervals", [intervals.json])) }
    let claim = item(payer, "payment.claim/1", .object(members), notBefore: notBefore)
    line.items.append(claim)
    if generator.percent(20) {
      line.items.append(item(payer, "payment.claim/1", .object(members), notBefore: notBefore))
    }
    line.items.append(
      item(payee, "payment.confirm/1", ["claim": .string(claim.id.description)], notBefore: notBefore))
  }
}
