import Ledger

/// A member, or the governance board for it, ends the validity of a signing key.
package struct RevokeKey: GovernedAct {
  package static let type = "key.revoke/1"
  package static let title = "The end of a signing key's validity"
  package static let permission = Permission.keys

  let member: String
  let key: String
  let fromHeight: UInt64?

  package init(_ form: inout Form) {
    member = form.identifier("member")
    key = form.identifier("key")
    fromHeight = form.optional("fromHeight") { $0.height("fromHeight") }
  }

  package func permission(for issuer: String) -> Permission { issuer == member ? .keys : .governance }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    guard execution.issuer.id == member else { return try propose(&execution) }
    try enact(&execution)
    try requireManagingKey(&execution)
  }

  /// K-13: a key ends at the next height or later, never in the past, so that what it signed stays as valid as it was.
  /// Its
  /// record stays for ever.
  package func enact(_ execution: inout Execution) throws(Rejection) {
    try execution.member(member, orElse: .memberUnknown, "/terms/member")
    var record = try execution.find(
      KeyID(member: member, name: key), KeyRecord.self, orElse: .keyUnknown, "/terms/key")
    let from = effectiveHeight(execution)
    try execution.require(from > execution.block.height, .heightInPast, "/terms/fromHeight")
    try execution.require(from < record.validUntil ?? .max, .keyNotValid, "/terms/key")
    record.validUntil = from
    execution.state.put(record)
  }

  private func effectiveHeight(_ execution: Execution) -> UInt64 { fromHeight ?? execution.block.height + 1 }

  /// K-14: a member does not lock itself out: when one of its keys ends, some key still manages its keys.
  private func requireManagingKey(_ execution: inout Execution) throws(Rejection) {
    let height = effectiveHeight(execution)
    let ended = execution.state.get(KeyRecord.self, KeyID(member: member, name: key))
    guard ended?.permissions.contains(.keys) == true else { return }
    let ring = try execution.find(member, KeyRing.self, orElse: .memberUnknown, "/terms/member")
    for name in ring.keys {
      if let other = execution.state.get(KeyRecord.self, KeyID(member: member, name: name)),
        other.permissions.contains(.keys), other.isValid(at: height)
      {
        return
      }
    }
    throw Rejection(.lastKey, "/terms/key")
  }
}
