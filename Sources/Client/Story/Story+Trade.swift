import Contracts
import Financing
import Foundation
import Ledger
import Sodium

extension Story {
  /// Steps 2 to 4: from the signed order to the matched invoice. Business documents come from UBL files.
  func trade() async throws {
    order = try await act(
      "order.xml: orders brake parts for 1,000,000.00", by: "huadong-motors/erp", imported("order.xml"))
    try await act("order-response.xml: accepts the order", by: "jinling-parts/clerk", imported("order-response.xml"))
    try await act("despatch.xml: ships all of it", by: "jinling-parts/clerk", imported("despatch.xml"))
    try await attest("attests the pick-up", by: "sutong-logistics/driver", "pickedUp")
  }

  func dispatchNumber() throws -> JSON { try imported("despatch.xml").terms["number"] ?? .null }

  func attest(_ title: String, by name: String, _ event: String, expect: Outcome = .accepted) async throws {
    try await act(
      title, by: name, "attestation/1",
      [
        "supplier": "jinling-parts", "dispatch": try dispatchNumber(), "event": .string(event),
        "date": .string("\(today)"),
      ], expect: expect)
  }

  /// Two organisations join by a quorum of the board; one of them then attests what it was never named for.
  func refusedTrade() async throws {
    try await admit("yangtze-freight", "Yangtze Freight Co., Ltd.", "carrier", "logistics")
    try await attest(
      "attests a delivery it was not named for", by: "yangtze-freight/desk", "delivered", expect: .notNamedForDelivery)
    try await attest("attests the delivery", by: "sutong-logistics/driver", "delivered")
    try await act("receipt.xml: received in full, good", by: "huadong-motors/erp", imported("receipt.xml"))
    try await act("invoice.xml: invoices 1,130,000.00 with VAT", by: "jinling-parts/clerk", imported("invoice.xml"))
    let number = try invoiceNumber()
    try await check("reads the invoice: matched in full", by: "huadong-motors", "/v1/invoices/jinling-parts/\(number)")
    {
      $0["matched"] == "1130000.00" ? nil : "matched is \($0["matched"]?.text ?? "missing")"
    }
  }

  func invoiceNumber() throws -> String {
    guard let number = try imported("invoice.xml").terms["number"]?.string else {
      throw ClientError.story("invoice.xml has no number")
    }
    return number
  }

  /// The board admits a member: one organisation proposes, another approves.
  func admit(_ id: String, _ name: String, _ role: String, _ permission: String) async throws {
    let key = try newKey("\(id)/desk")
    let sealing = KeyFile.make(name: "\(id)/sealing", use: .sealing, seed: randomBytes(32))!
    let proposal = try await act(
      "proposes to admit \(id)", by: "huadong-motors/officer", "member.admit/1",
      [
        "id": .string(id), "name": .string(name), "roles": [.string(role)], "identifiers": [],
        "sealingKey": .string(Base64URL.encode(sealing.publicKey)),
        "keys": [
          [
            "name": "desk", "publicKey": .string(Base64URL.encode(key.bytes)), "permissions": [.string(permission)],
          ]
        ],
      ], expect: .awaitingApproval)
    try await act(
      "approves: two of three board members agree", by: "bank-of-jiangnan/officer", "approval/1",
      ["document": .string("\(proposal.id)")])
  }

  /// Makes a key file under the story's keys, and returns its public half.
  func newKey(_ name: String) throws -> PublicKey {
    let file = KeyFile.make(name: name, use: .signing, seed: randomBytes(32))!
    let path = "\(keys)/\(name).json"
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data(file.json.indented.utf8), attributes: [.posixPermissions: 0o600])
    else { throw ClientError.story("\(path) cannot be written") }
    return PublicKey(file.publicKey)!
  }

  // MARK: The receivable

  /// Step 5: confirmation and acceptance, after what must not be confirmed.
  func receivable() async throws {
    try await admit("beifang-machinery", "Beifang Machinery Co., Ltd.", "coreEnterprise", "confirm")
    try await confirm("confirms what it does not owe", by: "beifang-machinery/desk", "1130000.00", expect: .notDebtor)
    try await confirm(
      "confirms more than was received", by: "huadong-motors/treasury", "1130000.01", expect: .aboveMatched)
    maturity = today.adding(days: 60)
    let confirmed = try await confirm(
      "confirms the receivable (确权), due \(maturity)", by: "huadong-motors/treasury", "1130000.00")
    certificate = confirmed.id
    try await act(
      "accepts the certificate", by: "jinling-parts/clerk", "receivable.accept/1",
      ["certificate": .string("\(certificate)")])
  }

  @discardableResult
  func confirm(
    _ title: String, by name: String, _ amount: String, invoice: String? = nil, expect: Outcome = .accepted
  ) async throws -> SubmittedDocument {
    try await act(
      title, by: name, "receivable.confirm/1",
      [
        "supplier": "jinling-parts", "invoice": .string(try invoice ?? invoiceNumber()), "currency": "CNY",
        "amount": .string(amount), "maturity": .string("\(today.adding(days: 60))"),
        "settlementBank": "bank-of-jiangnan",
      ], expect: expect)
  }

  /// The same receipt lines under another number: recorded, matched with nothing, and so never confirmed.
  func refusedReceivable() async throws {
    let draft = try imported("invoice.xml")
    guard case .object(let members) = draft.terms else { return }
    let again = JSON.object(members.map { $0.name == "number" ? .init("number", "INV-AGAIN") : $0 })
    try await act(
      "invoices the same goods under another number", by: "jinling-parts/clerk",
      DocumentDraft(type: draft.type, terms: again))
    try await check("reads it: nothing of it is matched", by: "huadong-motors", "/v1/invoices/jinling-parts/INV-AGAIN")
    {
      $0["matched"] == "0.00" ? nil : "matched is \($0["matched"]?.text ?? "missing")"
    }
    try await confirm(
      "confirms the second invoice", by: "huadong-motors/treasury", "1130000.00", invoice: "INV-AGAIN",
      expect: .aboveMatched)
  }
}
