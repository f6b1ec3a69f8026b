import Contracts
import Financing
import HTTPTypes
import Hummingbird
import Ledger
import Sodium

/// Business objects as they are in this node's state, each with the height it is true at.
extension API {
  func objects(_ group: RouterGroup<BasicRequestContext>) {
    traded(group, "orders", Order.self, \.json)
    traded(group, "dispatches", Dispatch.self, \.json)
    traded(group, "invoices", Invoice.self, \.json)
    identified(group, "certificates", ReceivableCertificate.self, \.json)
    identified(group, "transfers", Transfer.self, \.json)
    identified(group, "requests", FinancingRequest.self, \.json)
    identified(group, "loans", Loan.self, \.json)
    identified(group, "claims", PaymentClaim.self, \.json)
    group.get("members/:id", use: member)
  }

  private func identified<T: StateObject>(
    _ group: RouterGroup<BasicRequestContext>, _ name: String, _ type: T.Type,
    _ json: @escaping @Sendable (T) -> JSON
  ) where T.ID == Digest {
    group.get("\(name)/:id") { _, context in
      let id = try digest(context)
      return try answer(json, id, "\(name) \(id)")
    }
  }

  /// By issuer and number, as trade documents name each other.
  private func traded<T: StateObject>(
    _ group: RouterGroup<BasicRequestContext>, _ name: String, _ type: T.Type,
    _ json: @escaping @Sendable (T) -> JSON
  ) where T.ID == TradeID {
    group.get("\(name)/:issuer/:number") { _, context in
      let id = TradeID(issuer: try text(context, "issuer"), number: try text(context, "number"))
      return try answer(json, id, "\(name) \(id.issuer)/\(id.number)")
    }
  }

  private func answer<T: StateObject>(_ json: (T) -> JSON, _ id: T.ID, _ what: String) throws -> Response {
    // The height first: what is read after it is true at it or later.
    let height = chain.head.height
    guard let object = try store.object(id, T.self) else { throw Problem.notFound(what) }
    return .json(json(object).with("height", .integer(Int64(height))))
  }

  @Sendable private func member(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let id = try text(context, "id")
    let height = chain.head.height
    guard let member = try store.object(id, Member.self) else { throw Problem.notFound("member \(id)") }
    let keys = try store.object(id, KeyRing.self)?.keys.compactMap { name in
      try store.key(KeyID(member: id, name: name))
    }
    return .json(
      member.json.with("keys", .array((keys ?? []).map { $0.json(at: height) })).with("height", .integer(Int64(height)))
    )
  }
}

extension JSON {
  func with(_ name: String, _ value: JSON) -> JSON {
    guard case .object(let members) = self else { return self }
    return .object(members + [.init(name, value)])
  }
}

extension Member {
  var json: JSON {
    [
      "id": .string(id), "name": .string(name), "roles": .array(roles.map { .string($0.rawValue) }),
      "identifiers": .array(identifiers.map { ["scheme": .string($0.scheme), "value": .string($0.value)] }),
      "sealingKey": .string(Base64URL.encode(sealingKey)), "admittedAt": .integer(Int64(admittedAt)),
    ]
  }
}

extension KeyRecord {
  func json(at height: UInt64) -> JSON {
    [
      "kid": .string("\(id)"),
      "jwk": ["kty": "OKP", "crv": "Ed25519", "x": .string(Base64URL.encode(publicKey.bytes))],
      "permissions": .array(permissions.map { .string($0.rawValue) }), "validFrom": .integer(Int64(validFrom)),
      "validUntil": validUntil.map { .integer(Int64($0)) } ?? .null, "validNow": .bool(isValid(at: height + 1)),
    ]
  }
}

extension Order {
  var json: JSON {
    [
      "buyer": .string(buyer), "number": .string(id.number), "document": .string("\(document)"),
      "supplier": .string(supplier), "currency": .string(currency.code), "date": .string("\(date)"),
      "status": .string("\(status)"), "carriers": .array(carriers.map { .string($0) }),
      "toleranceBasisPoints": .integer(toleranceBasisPoints), "paymentDays": paymentDays.map { .integer($0) } ?? .null,
      "lines": .array(
        lines.map { line in
          [
            "line": .string(line.line), "quantity": .string("\(line.quantity)"), "unit": .string(line.unit),
            "amount": .string(currency.text(line.amount)), "dispatched": .string("\(line.dispatched)"),
            "received": .string("\(line.received)"), "invoiced": .string("\(line.invoiced)"),
          ]
        }),
    ]
  }
}

extension Dispatch {
  var json: JSON {
    [
      "supplier": .string(id.issuer), "number": .string(id.number), "document": .string("\(document)"),
      "buyer": .string(order.issuer), "order": .string(order.number), "carrier": .string(carrier),
      "pickedUp": pickedUp.map { .string("\($0.date)") } ?? .null,
      "delivered": delivered.map { .string("\($0.date)") } ?? .null,
    ]
  }
}

extension Invoice {
  var json: JSON {
    [
      "supplier": .string(supplier), "number": .string(id.number), "document": .string("\(document)"),
      "buyer": .string(buyer), "order": .string(order.number), "currency": .string(currency.code),
      "date": .string("\(date)"), "dueDate": dueDate.map { .string("\($0)") } ?? .null,
      "total": .string(currency.text(total)), "matched": .string(currency.text(matched)),
      "credited": .string(currency.text(credited)), "confirmed": .string(currency.text(confirmed)),
      "confirmable": .string(currency.text(confirmable)), "delivered": delivered.map { .string("\($0)") } ?? .null,
      "unmatched": .array(
        unmatched.map { match in
          [
            "line": .string(match.line), "reason": .string(match.reason.name),
            "reasonNumber": .integer(Int64(match.reason.rawValue)), "matchedQuantity": .string("\(match.quantity)"),
            "matchedAmount": .string(currency.text(match.amount)),
          ]
        }),
    ]
  }
}

extension ReceivableCertificate {
  var json: JSON {
    [
      "id": .string("\(id)"), "debtor": .string(debtor), "supplier": .string(supplier),
      "invoice": .string(invoice.number), "currency": .string(currency.code), "face": .string(currency.text(face)),
      "issued": .string("\(issued)"), "maturity": .string("\(maturity)"), "settlementBank": .string(settlementBank),
      "status": .string("\(status)"), "redeemed": .string(currency.text(redeemed)),
      "outstanding": .string(currency.text(outstanding)),
      "pieces": .array(
        partition.pieces.map { $0.json.with("amount", .string(currency.text($0.interval.size))) }),
    ]
  }
}

extension Piece {
  var json: JSON {
    var members: [JSON.Member] = [
      .init("from", .integer(interval.from)), .init("to", .integer(interval.to)), .init("owner", .string(owner)),
    ]
    if let origin = holding.origin { members.append(.init("transfer", .string("\(origin)"))) }
    switch encumbrance {
    case .none: members.append(.init("encumbrance", "none"))
    case .offered(let transfer):
      members.append(.init("encumbrance", "offered"))
      members.append(.init("offeredIn", .string("\(transfer)")))
    case .pledged(let loan):
      members.append(.init("encumbrance", "pledged"))
      members.append(.init("loan", .string("\(loan)")))
    case .redeemed: members.append(.init("encumbrance", "redeemed"))
    }
    return .object(members)
  }
}

extension Transfer {
  var json: JSON {
    [
      "id": .string("\(id)"), "certificate": .string("\(certificate)"), "sender": .string(sender),
      "receiver": .string(receiver), "intervals": .array(intervals.map(\.json)), "recourse": .bool(recourse),
      "status": .string("\(status)"),
    ]
  }
}

extension FinancingRequest {
  var json: JSON {
    [
      "id": .string("\(id)"), "certificate": .string("\(certificate)"), "requester": .string(requester),
      "intervals": .array(intervals.map(\.json)), "banks": .array(banks.map { .string($0) }),
      "commitBy": .integer(commitBy), "openBy": .integer(openBy), "status": .string("\(status)"),
      "loan": loan.map { .string("\($0)") } ?? .null,
    ]
  }
}

extension Loan {
  var json: JSON {
    func amount(_ value: Int64) -> JSON { .string(terms.currency.text(value)) }
    return [
      "id": .string("\(id)"), "certificate": .string("\(certificate)"), "request": .string("\(request)"),
      "borrower": .string(borrower), "lender": .string(lender), "intervals": .array(intervals.map(\.json)),
      "currency": .string(terms.currency.code), "principal": amount(terms.principal),
      "annualRateMillionths": .integer(terms.annualRate), "dayCount": .string(terms.dayCount.rawValue),
      "penaltyRateMillionths": .integer(terms.penaltyRate), "agreed": .string("\(agreed)"),
      "start": start.map { .string("\($0)") } ?? .null, "maturity": .string("\(maturity)"),
      "status": .string("\(status)"),
      "paid": [
        "fees": amount(paid.fees), "penalty": amount(paid.penalty), "interest": amount(paid.interest),
        "principal": amount(paid.principal),
      ],
      "received": amount(received), "surplus": amount(surplus), "surplusPaid": amount(surplusPaid),
    ]
  }
}

extension PaymentClaim {
  var json: JSON {
    [
      "id": .string("\(id)"), "purpose": .string(purpose.rawValue), "subject": .string("\(subject)"),
      "payer": .string(payer), "payee": .string(payee), "currency": .string(currency.code),
      "amount": .string(currency.text(amount)), "valueDate": .string("\(valueDate)"), "reference": .string(reference),
      "intervals": .array(intervals.map(\.json)), "status": .string("\(status)"),
    ]
  }
}
