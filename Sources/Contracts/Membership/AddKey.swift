import Ledger

/// A member, or the governance board for it, makes another signing key known.
package struct AddKey: GovernedAct {
  package static let type = "key.add/1"
  package static let title = "Another signing key of a member"
  package static let permission = Permission.keys

  let member: String
  let key: KeyTerms

  package init(_ form: inout Form) {
    member = form.identifier("member")
    key = form.object("key") { KeyTerms(&$0) }
  }

  package func permission(for issuer: String) -> Permission { issuer == member ? .keys : .governance }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    if execution.issuer.id == member { try enact(&execution) } else { try propose(&execution) }
  }

  package func enact(_ execution: inout Execution) throws(Rejection) {
    var ring = try execution.find(member, KeyRing.self, orElse: .memberUnknown, "/terms/member")
    try execution.add(key, to: &ring, at: "/terms/key")
  }
}
