import Ledger
import Sodium

/// A type of document: how its terms are read, who may issue it, and what it does to the state. One act, one file.
package protocol Act: Sendable {
  /// Name and version, such as `order/1`.
  static var type: String { get }
  /// One line for people and for the published schema.
  static var title: String { get }
  static var permission: Permission { get }
  /// The permission that the key needs when `issuer` signs: `permission`, but for acts that two kinds of issuers
  /// perform.
  func permission(for issuer: String) -> Permission
  /// The issuer has one of these roles; empty for any member.
  static var roles: [Role] { get }
  /// Members that may stand in `details` as digests; every other member is shared.
  static var committed: [String] { get }
  /// Reads the terms. The published JSON Schema comes from these very lines.
  init(_ form: inout Form)
  /// Members beside the issuer who receive what is committed.
  var parties: [String] { get }
  func perform(_ execution: inout Execution) throws(Rejection)
}

extension Act {
  package static var roles: [Role] { [] }
  package static var committed: [String] { [] }
  package var parties: [String] { [] }
  package func permission(for issuer: String) -> Permission { Self.permission }

  package static func read(_ terms: JSON) throws(Violations) -> Self {
    try Form.read(terms, at: "/terms") { Self(&$0) }
  }

  package static var schema: JSON {
    guard case .object(var members) = Envelope.schema(type: type, title: title, terms: { Self(&$0) }) else {
      return .null
    }
    members.append(.init("x-committed", .array(committed.map { .string($0) })))
    return .object(members)
  }
}

/// The document types a network knows, by name.
package struct ActRegistry: Sendable {
  package let types: [any Act.Type]

  package init(_ types: [any Act.Type]) { self.types = types.sorted { $0.type < $1.type } }

  package func act(for envelope: Envelope) throws(Violations) -> any Act {
    guard let type = types.first(where: { $0.type == envelope.type }) else {
      throw Violations(.typeUnknown, "/type", "\"\(envelope.type)\" is not known")
    }
    return try type.read(envelope.terms)
  }
}

/// A verified document whose terms were read: ready to be ordered and executed.
package struct AdmittedDocument: Sendable {
  package let verified: VerifiedDocument
  package let act: any Act
  /// The height whose execution made the signing key known; no block that attests less may carry the document (C-16).
  package let keyAddedAt: UInt64

  package init(
    _ verified: VerifiedDocument, keyAddedAt: UInt64 = 0, registry: ActRegistry
  ) throws(Violations) {
    self.verified = verified
    self.keyAddedAt = keyAddedAt
    act = try registry.act(for: verified.envelope)
  }

  package var id: Digest { verified.id }
  package var envelope: Envelope { verified.envelope }
}

/// The block in which a document is executed, as far as rules may know it.
package struct BlockContext: Equatable, Sendable {
  package let height: UInt64
  /// Milliseconds since 1970, stamped by the leader; never before the parent's.
  package let time: Int64
  package let epoch: UInt64

  package init(height: UInt64, time: Int64, epoch: UInt64 = 0) {
    self.height = height
    self.time = time
    self.epoch = epoch
  }

  /// The business date (UTC) of the block's time.
  package var date: BusinessDate { BusinessDate(daysSince1970: Int32(clamping: time / 86_400_000)) }
}

/// What an act sees and changes while it is performed.
package struct Execution {
  package var state: State
  package let block: BlockContext
  package let parameters: Parameters
  /// The id of the document at hand: also the id of the object it creates.
  package let document: Digest
  package let issuer: Member
  /// The id of the network, which every document names.
  package let network: String
  /// The terms of the document at hand, for acts that wait for others.
  package let terms: JSON

  /// Throws `outcome` unless the condition holds.
  package func require(_ condition: Bool, _ outcome: Outcome, _ pointer: String = "") throws(Rejection) {
    if !condition { throw Rejection(outcome, pointer) }
  }

  package mutating func find<T: StateObject>(
    _ id: T.ID, _ type: T.Type = T.self, orElse outcome: Outcome, _ pointer: String
  ) throws(Rejection) -> T {
    guard let object = state.get(T.self, id) else { throw Rejection(outcome, pointer) }
    return object
  }

  /// A member, by id, with one of `roles` (any, when empty).
  @discardableResult
  package mutating func member(
    _ id: String, roles: [Role] = [], orElse outcome: Outcome, _ pointer: String
  ) throws(Rejection) -> Member {
    let member = try find(id, Member.self, orElse: outcome, pointer)
    try require(roles.isEmpty || member.roles.contains { roles.contains($0) }, outcome, pointer)
    return member
  }
}

/// The permanent name of a trade document: who issued it, and the number its issuer gave it. A number is used once
/// (K-1).
package struct TradeID: Hashable, Sendable, StateID, CBORCodable {
  package let issuer: String
  package let number: String

  package init(issuer: String, number: String) {
    self.issuer = issuer
    self.number = number
  }

  /// Identifiers and numbers hold no NUL, so the parts cannot run into each other.
  package var stateBytes: [UInt8] { Array(issuer.utf8) + [0] + Array(number.utf8) }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.text(issuer)
    writer.text(number)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    issuer = try reader.text(upTo: 48)
    number = try reader.text(upTo: 64)
  }
}
