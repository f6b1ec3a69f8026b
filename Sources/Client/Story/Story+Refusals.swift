import Contracts
import Foundation
import Ledger
import Sodium

extension Story {
  /// What the door refuses, on the same network: each document is wrong in one way only.
  func refusedDocuments() async throws {
    guard let order else { return }
    var flipped = order.compact
    // A and B differ in one bit, of the text and of the signature.
    flipped[flipped.count - 20] =
      flipped[flipped.count - 20] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
    try await refuse("sends the order with one bit flipped", by: "huadong-motors/erp", flipped, .signatureInvalid)

    try await send(
      "sends the old order once more: the first outcome, not a second order", by: "huadong-motors/erp",
      order.transmission,
      id: order.id, compact: order.compact, expect: (0, "accepted"))
    let envelope = try SignedDocument(order.compact).envelope
    try await refuse(
      "uses an old jti for other content", by: "huadong-motors/erp",
      payload(envelope.jti, number: "PO-REPLAY"), .jtiReused)
    try await refuse(
      "sends an expired document", by: "huadong-motors/erp",
      payload(number: "PO-EXPIRED", issuedAt: facts.now - 86_400 * 30, validity: 86_400), .expired)
    try await refuse(
      "writes an amount with three decimals", by: "huadong-motors/erp",
      payload(number: "PO-DECIMALS", amount: "\"10.005\""), .amountDigits)
    try await refuse(
      "names a member twice", by: "huadong-motors/erp",
      payload(number: "PO-TWICE", extra: ",\"number\":\"PO-OTHER\""), .jsonDuplicateName)

    // A key is added, used, and revoked.
    let key = try newKey("huadong-motors/temporary")
    try await act(
      "adds a key", by: "huadong-motors/officer", "key.add/1",
      [
        "member": "huadong-motors",
        "key": [
          "name": "temporary", "publicKey": .string(Base64URL.encode(key.bytes)), "permissions": ["trade"],
        ],
      ])
    try await act(
      "revokes it", by: "huadong-motors/officer", "key.revoke/1", ["member": "huadong-motors", "key": "temporary"])
    try await refuse(
      "orders with the revoked key", by: "huadong-motors/temporary", payload(number: "PO-REVOKED"), .keyNotValid)
  }

  private func refuse(
    _ title: String, by name: String, _ payload: String, _ refusal: Refusal
  ) async throws {
    try await refuse(title, by: name, try key(name).sign(payload: payload), refusal)
  }

  private func refuse(_ title: String, by name: String, _ compact: [UInt8], _ refusal: Refusal) async throws {
    try await send(
      title, by: name, compact, id: nil, compact: compact, expect: (Int64(refusal.number), refusal.name))
  }

  /// The payload of a small order, as text, so that it can be wrong.
  private func payload(
    _ jti: String = UUID().uuidString.lowercased(), number: String, issuedAt: Int64? = nil, validity: Int64? = nil,
    amount: String = "\"10.00\"", extra: String = ""
  ) -> String {
    let issued = issuedAt ?? facts.now
    return """
      {"type":"order/1","network":"\(facts.network)","issuer":"huadong-motors","jti":"\(jti)","iat":\(issued),\
      "exp":\(issued + (validity ?? facts.validity)),"terms":{"number":"\(number)"\(extra),"supplier":"jinling-parts",\
      "currency":"CNY","date":"\(today)","lines":[{"line":"1","quantity":"1","unit":"EA","amount":\(amount)}],"carriers":[]}}
      """
  }
}
