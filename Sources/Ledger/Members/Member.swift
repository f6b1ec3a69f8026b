import Sodium

/// What an organisation is in the network; it may be several things.
package enum Role: String, CaseIterable, Sendable {
  case coreEnterprise
  case supplier
  case distributor
  case carrier
  case warehouse
  case bank
  case guarantor
  case regulator
}

/// What a key may sign.
package enum Permission: String, CaseIterable, Sendable {
  /// Orders, responses, dispatches, receipts, invoices.
  case trade
  /// Attestations of a carrier or a warehouse.
  case logistics
  /// Confirming and accepting receivables, transfers, payments.
  case confirm
  /// Requests, offers, acceptances, loans.
  case finance
  /// The member's own keys.
  case keys
  /// Acts of the governance board.
  case governance
}

/// An organisation with a permanent opaque id; identifiers of registries are its attributes.
package struct Member: Equatable, Sendable, CBORCodable {
  package let id: String
  package var name: String
  package var roles: [Role]
  /// Scheme and value, such as `lei` and a Legal Entity Identifier, or `uscc`.
  package var identifiers: [Identifier]
  /// X25519: what is sealed to this member is sealed to this key.
  package var sealingKey: [UInt8]
  package let admittedAt: UInt64

  package struct Identifier: Equatable, Sendable {
    package let scheme: String
    package let value: String

    package init(scheme: String, value: String) {
      self.scheme = scheme
      self.value = value
    }
  }

  package init(
    id: String, name: String, roles: [Role], identifiers: [Identifier], sealingKey: [UInt8], admittedAt: UInt64
  ) {
    self.id = id
    self.name = name
    self.roles = roles
    self.identifiers = identifiers
    self.sealingKey = sealingKey
    self.admittedAt = admittedAt
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(6)
    writer.text(id)
    writer.text(name)
    writer.array(roles.count)
    for role in roles { writer.text(role.rawValue) }
    writer.array(identifiers.count)
    for identifier in identifiers {
      writer.array(2)
      writer.text(identifier.scheme)
      writer.text(identifier.value)
    }
    writer.bytes(sealingKey)
    writer.unsigned(admittedAt)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(6)
    id = try reader.text()
    name = try reader.text()
    roles = []
    for _ in 0..<(try reader.array(upTo: Role.allCases.count)) {
      guard let role = Role(rawValue: try reader.text()) else { throw reader.failure(.invalidValue) }
      roles.append(role)
    }
    identifiers = []
    for _ in 0..<(try reader.array(upTo: 16)) {
      try reader.structure(2)
      let scheme = try reader.text()
      identifiers.append(Identifier(scheme: scheme, value: try reader.text()))
    }
    sealingKey = try reader.bytes(upTo: 32)
    admittedAt = try reader.unsigned()
  }
}

/// A member's signing key: what it may sign, and in which heights. Records are never deleted, so that "was this key
/// valid
/// then?" has an answer for ever.
package struct KeyRecord: Equatable, Sendable, CBORCodable {
  package let id: KeyID
  package let publicKey: PublicKey
  package let permissions: [Permission]
  /// The height whose execution made this key known.
  package let addedAt: UInt64
  package let validFrom: UInt64
  /// The first height at which it is no longer valid; nil for an open end.
  package var validUntil: UInt64?

  package init(
    id: KeyID, publicKey: PublicKey, permissions: [Permission], addedAt: UInt64, validFrom: UInt64, validUntil: UInt64?
  ) {
    self.id = id
    self.publicKey = publicKey
    self.permissions = permissions
    self.addedAt = addedAt
    self.validFrom = validFrom
    self.validUntil = validUntil
  }

  package func isValid(at height: UInt64) -> Bool {
    validFrom <= height && height < validUntil ?? .max
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(7)
    writer.text(id.member)
    writer.text(id.name)
    writer.digest(publicKey.digest)
    writer.array(permissions.count)
    for permission in permissions { writer.text(permission.rawValue) }
    writer.unsigned(addedAt)
    writer.unsigned(validFrom)
    writer.optional(validUntil) { $0.unsigned($1) }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(7)
    let member = try reader.text()
    id = KeyID(member: member, name: try reader.text())
    publicKey = PublicKey(try reader.digest().bytes)!
    var permissions: [Permission] = []
    for _ in 0..<(try reader.array(upTo: Permission.allCases.count)) {
      guard let permission = Permission(rawValue: try reader.text()) else { throw reader.failure(.invalidValue) }
      permissions.append(permission)
    }
    self.permissions = permissions
    addedAt = try reader.unsigned()
    validFrom = try reader.unsigned()
    validUntil = try reader.optional { (reader) throws(CBORError) in try reader.unsigned() }
  }
}
