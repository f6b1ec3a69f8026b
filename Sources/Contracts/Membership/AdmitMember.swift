import Ledger
import Sodium

/// The governance board admits an organisation with its first keys.
package struct AdmitMember: GovernedAct {
  package static let type = "member.admit/1"
  package static let title = "Admission of a member by the governance board"
  package static let permission = Permission.governance

  let admission: Admission

  package init(_ form: inout Form) { admission = Admission(&form) }

  package func perform(_ execution: inout Execution) throws(Rejection) { try propose(&execution) }

  package func enact(_ execution: inout Execution) throws(Rejection) {
    let id = admission.id
    try execution.require(execution.state.get(Member.self, id) == nil, .memberExists, "/terms/id")
    for (index, identifier) in admission.identifiers.enumerated() {
      try execution.require(
        identifier.verdict != .refused, .identifierInvalid, "/terms/identifiers/\(index)/value")
    }
    execution.state.put(admission.member(admittedAt: execution.block.height))
    var ring = KeyRing(member: id, keys: [])
    for (index, key) in admission.keys.enumerated() {
      try execution.add(key, to: &ring, at: "/terms/keys/\(index)")
    }
  }
}

/// An organisation as it is admitted, by the board or by the genesis.
package struct Admission: Equatable, Sendable {
  package let id: String
  package let name: String
  package let roles: [Role]
  package let identifiers: [Member.Identifier]
  package let sealingKey: [UInt8]
  package let keys: [KeyTerms]

  init(_ form: inout Form) {
    id = form.identifier("id")
    name = form.text("name")
    roles = form.words("roles", 1...Role.allCases.count)
    identifiers = form.list("identifiers", 0...16) { form in
      Member.Identifier(scheme: form.identifier("scheme", upTo: 32), value: form.text("value", 1...64))
    }
    sealingKey = form.key("sealingKey")
    keys = form.list("keys", 1...8) { KeyTerms(&$0) }
  }

  func member(admittedAt height: UInt64) -> Member {
    Member(
      id: id, name: name, roles: roles, identifiers: identifiers, sealingKey: sealingKey, admittedAt: height)
  }
}
