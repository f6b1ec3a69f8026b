import Ledger
import Sodium

/// The tables of the replicated state. A key is the table's byte and the object's id.
package enum StateTable: UInt8, CaseIterable, Sendable {
  case parameters = 1
  case member = 2
  case key = 3
  case boardAct = 4
  case keyRing = 5
  case validatorSet = 6
  case misbehaviour = 7
  case misbehaviourCount = 8
  case observers = 9
  case order = 16
  case dispatch = 17
  case receipt = 19
  case invoice = 20
  case creditNote = 21
  case certificate = 32
  case transfer = 33
  case financingRequest = 34
  case sealedOffer = 35
  case loan = 36
  case paymentClaim = 37
  /// (payer, reference) → the claim that used it last.
  case paymentReference = 38
}

/// Something that names an object within its table.
package protocol StateID {
  var stateBytes: [UInt8] { get }
}

extension Digest: StateID {
  package var stateBytes: [UInt8] { bytes }
}

extension String: StateID {
  package var stateBytes: [UInt8] { Array(utf8) }
}

extension KeyID: StateID {
  package var stateBytes: [UInt8] { Array(description.utf8) }
}

/// An object of the replicated state: one table, one id, one encoding.
package protocol StateObject: CBORCodable, Sendable {
  associatedtype ID: StateID
  static var table: StateTable { get }
  var stateID: ID { get }
}

extension StateObject {
  package static func key(_ id: ID) -> [UInt8] { [table.rawValue] + id.stateBytes }
}

extension Member: StateObject {
  package static var table: StateTable { .member }
  package var stateID: String { id }
}

extension KeyRecord: StateObject {
  package static var table: StateTable { .key }
  package var stateID: KeyID { id }
}

/// Where state comes from. A failure is the node's trouble, never a document's: it ends the execution without a result.
package protocol StateReader {
  func value(of key: [UInt8]) throws(StateFailure) -> [UInt8]?
}

package struct StateFailure: Error, Equatable, Sendable {
  package let message: String

  package init(_ message: String) { self.message = message }
}

/// The state as one block's documents see it: the committed state below, this block's changes above, and the changes
/// of the
/// document at hand on top, which are dropped when the document is refused.
package struct State {
  private let base: any StateReader
  private var block: [[UInt8]: [UInt8]?] = [:]
  private var document: [[UInt8]: [UInt8]?] = [:]
  /// Set by the first read that failed; whoever runs the block must look before using any result.
  package private(set) var failure: StateFailure?

  package init(_ base: any StateReader) { self.base = base }

  /// The same base without any change.
  package var unchanged: State { State(base) }

  package mutating func get<T: StateObject>(_ type: T.Type = T.self, _ id: T.ID) -> T? {
    guard let bytes = bytes(of: T.key(id)) else { return nil }
    do throws(CBORError) {
      return try T(cbor: bytes)
    } catch {
      failure = failure ?? StateFailure("\(T.table) \(hexadecimal(id.stateBytes)) cannot be decoded: \(error.reason)")
      return nil
    }
  }

  package mutating func put<T: StateObject>(_ object: T) {
    document[T.key(object.stateID)] = .some(object.cbor)
  }

  package mutating func delete<T: StateObject>(_ type: T.Type = T.self, _ id: T.ID) {
    document[T.key(id)] = .some(nil)
  }

  private mutating func bytes(of key: [UInt8]) -> [UInt8]? {
    if let changed = document[key] { return changed }
    if let changed = block[key] { return changed }
    guard failure == nil else { return nil }
    do throws(StateFailure) {
      return try base.value(of: key)
    } catch {
      failure = error
      return nil
    }
  }

  package mutating func keepDocument() {
    block.merge(document) { $1 }
    document.removeAll(keepingCapacity: true)
  }

  package mutating func dropDocument() { document.removeAll(keepingCapacity: true) }

  /// Everything this block changed, in the order of keys; nil deletes.
  package var changes: [StateChange] {
    block.map { StateChange(key: $0.key, value: $0.value) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }
}

package struct StateChange: Equatable, Sendable {
  package let key: [UInt8]
  package let value: [UInt8]?

  package init(key: [UInt8], value: [UInt8]?) {
    self.key = key
    self.value = value
  }
}

/// State held in memory: for genesis, audits, simulations and tests.
package struct MemoryState: StateReader, Equatable, Sendable {
  package private(set) var values: [[UInt8]: [UInt8]] = [:]

  package init() {}

  package func value(of key: [UInt8]) throws(StateFailure) -> [UInt8]? { values[key] }

  package mutating func apply(_ changes: [StateChange]) {
    for change in changes { values[change.key] = change.value }
  }
}
