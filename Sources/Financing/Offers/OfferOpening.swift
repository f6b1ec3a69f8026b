import Contracts
import Ledger
import Sodium

/// What a bank decided on a request: the text that its commitment hides and that is opened later.
///
/// The text is one JSON object, filled up with spaces to a constant size, so that an offer and a decline look equal,
/// sealed or not; 32 random bytes in it keep rivals from guessing it.
package struct OfferOpening: Equatable, Sendable {
  package enum Decision: Equatable, Sendable {
    /// Stands until `validUntil`, seconds since 1970 in the network's time.
    case offer(LoanTerms, validUntil: Int64)
    case decline
  }

  package let decision: Decision
  /// 32 random bytes.
  package let salt: [UInt8]

  /// Bytes of every opening's text.
  package static let size = 512
  /// Bytes of every opening sealed to the requester.
  package static let sealedSize = size + SealedBox.overhead

  package init(_ decision: Decision, salt: [UInt8]) {
    precondition(salt.count == 32)
    self.decision = decision
    self.salt = salt
  }

  package var text: String {
    let salt = JSON.Member("salt", .string(Base64URL.encode(salt)))
    let json: JSON
    switch decision {
    case .decline: json = .object([.init("decision", "decline"), salt])
    case .offer(let terms, let validUntil):
      json = .object([
        .init("decision", "offer"), .init("currency", .string(terms.currency.code)),
        .init("principal", .string(terms.currency.text(terms.principal))),
        .init("annualRate", .integer(terms.annualRate)), .init("dayCount", .string(terms.dayCount.rawValue)),
        .init("interest", "arrears"), .init("fee", .string(terms.currency.text(terms.fee))),
        .init("penaltyRate", .integer(terms.penaltyRate)),
        .init("appropriation", .array(terms.appropriation.map { .string($0.rawValue) })),
        .init("validUntil", .integer(validUntil)), salt,
      ])
    }
    let text = json.text
    return text + String(repeating: " ", count: max(0, OfferOpening.size - text.utf8.count))
  }

  /// Reads an opening strictly: the constant size, and just the members that its decision has.
  package init(_ text: String) throws(Violations) {
    guard text.utf8.count == OfferOpening.size else {
      throw Violations(.memberInvalid, "", "an opening has \(OfferOpening.size) bytes")
    }
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(Array(text.utf8))
    } catch {
      throw Violations(.jsonInvalid, error.pointer, error.reason.rawValue)
    }
    self = try Form.read(json) { OfferOpening(&$0) }
  }

  private init(_ form: inout Form) {
    salt = form.key("salt")
    switch form.choice("decision", of: Word.self) {
    case .decline: decision = .decline
    case .offer:
      let currency = form.currency()
      let terms = LoanTerms(
        currency: currency, principal: form.amount("principal", currency),
        annualRate: form.integer("annualRate", 0...LoanTerms.maximumRate), dayCount: form.choice("dayCount"),
        fee: form.amount("fee", currency, positive: false),
        penaltyRate: form.optional("penaltyRate") { $0.integer("penaltyRate", 0...LoanTerms.maximumRate) } ?? 0,
        appropriation: form.strings(
          "appropriation", 4...4, schema: ["type": "string"], rule: "fees, penalty, interest or principal"
        ) { Charge(rawValue: $0) })
      _ = form.choice("interest", of: InterestMode.self)
      let validUntil = form.integer("validUntil", 0...FinancingRequest.latestTime)
      form.require(
        Charge.allCases.allSatisfy(terms.appropriation.contains), "appropriation", "each kind of charge once")
      decision = .offer(terms, validUntil: validUntil)
    }
  }

  private enum Word: String, CaseIterable {
    case offer
    case decline
  }

  /// When interest is paid.
  private enum InterestMode: String, CaseIterable {
    case arrears
  }

  /// What the bank posts before the deadline.
  package func commitment(request: Digest, bank: String) -> Digest {
    OfferOpening.commitment(to: text, request: request, bank: bank)
  }

  /// Hash of request ‖ bank ‖ text. The text's size is constant, so the parts cannot run into each other.
  package static func commitment(to text: String, request: Digest, bank: String) -> Digest {
    Digest(.offer, of: request.bytes + Array(bank.utf8) + Array(text.utf8))
  }

  /// Sealed so that only the requester can read it; nil when that member's sealing key is unusable.
  package func sealed(to requester: Member) -> [UInt8]? {
    SealedBox.seal(Array(text.utf8), to: requester.sealingKey)
  }
}
