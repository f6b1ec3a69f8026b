import Ledger
import Sodium

/// The names of all keys that a member has or had, in the order in which they came.
package struct KeyRing: StateObject, Equatable {
  package let member: String
  package var keys: [String]
  package static let maximumKeys = 64

  package static var table: StateTable { .keyRing }
  package var stateID: String { member }

  package init(member: String, keys: [String]) {
    self.member = member
    self.keys = keys
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.text(member)
    writer.array(keys.count)
    for key in keys { writer.text(key) }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    member = try reader.text(upTo: 48)
    var keys: [String] = []
    for _ in 0..<(try reader.array(upTo: KeyRing.maximumKeys)) { keys.append(try reader.text(upTo: 48)) }
    self.keys = keys
  }
}

/// A signing key as a document or the genesis registers it.
package struct KeyTerms: Equatable, Sendable {
  package let name: String
  package let publicKey: PublicKey
  package let permissions: [Permission]
  package let validFromHeight: UInt64?
  /// The first height at which it is no longer valid.
  package let validUntilHeight: UInt64?

  init(_ form: inout Form) {
    name = form.identifier("name")
    publicKey = form.publicKey("publicKey")
    permissions = form.words("permissions", 1...Permission.allCases.count)
    validFromHeight = form.optional("validFromHeight") { $0.height("validFromHeight") }
    validUntilHeight = form.optional("validUntilHeight") { $0.height("validUntilHeight") }
  }

  /// The record of this key when `height` makes it known: valid no earlier than `first`. Nil when it would never be
  /// valid.
  func record(of member: String, addedAt height: UInt64, validFrom first: UInt64) -> KeyRecord? {
    let from = max(validFromHeight ?? first, first)
    guard from < validUntilHeight ?? .max else { return nil }
    return KeyRecord(
      id: KeyID(member: member, name: name), publicKey: publicKey, permissions: permissions, addedAt: height,
      validFrom: from, validUntil: validUntilHeight)
  }
}

extension Form {
  mutating func publicKey(_ name: String) -> PublicKey {
    // Thirty-two bytes are a key, acceptable or not.
    PublicKey(key(name))!
  }

  mutating func height(_ name: String) -> UInt64 { UInt64(integer(name, 0...(1 << 53) - 1)) }

  /// A list of different words out of a closed set, kept in the set's order.
  package mutating func words<T: CaseIterable & RawRepresentable & Sendable>(
    _ name: String, _ count: ClosedRange<Int>, of type: T.Type = T.self
  ) -> [T] where T.RawValue == String {
    let all = Array(T.allCases)
    let words = strings(
      name, count, schema: ["enum": .array(all.map { .string($0.rawValue) })],
      rule: "one of " + all.map(\.rawValue).joined(separator: ", ")
    ) { T(rawValue: $0) }
    return all.filter { word in words.contains { $0.rawValue == word.rawValue } }
  }
}

extension Execution {
  /// Makes a key known from the next height on. A key's name is never used again (K-13).
  mutating func add(_ key: KeyTerms, to ring: inout KeyRing, at pointer: String) throws(Rejection) {
    try require(ring.keys.count < KeyRing.maximumKeys, .tooManyKeys, pointer)
    try require(!ring.keys.contains(key.name), .keyExists, pointer + "/name")
    try require(key.publicKey.isAcceptable, .keyNotAcceptable, pointer + "/publicKey")
    guard let record = key.record(of: ring.member, addedAt: block.height, validFrom: block.height + 1) else {
      throw Rejection(.heightInPast, pointer + "/validUntilHeight")
    }
    ring.keys.append(key.name)
    state.put(record)
    state.put(ring)
  }
}
