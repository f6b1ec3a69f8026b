import Ledger
import Sodium

/// What a network begins with, read from one JSON file whose exact bytes name the chain.
package struct Genesis: Equatable, Sendable {
  package let bytes: [UInt8]
  package let name: String
  /// The digest of `bytes`.
  package let chain: Digest
  /// The time of height 0, in milliseconds since 1970.
  package let time: Int64
  package let production: Bool
  package let clock: Clock?
  /// In the order of their ids.
  package let members: [Admission]
  /// Of epoch 0, in the order of the file.
  package let validators: ValidatorSet
  package let observers: [Observer]
  package let parameters: Parameters

  /// A network time of its own, for demonstrations: `rate` times as fast as real time, equal to it at `origin`.
  package struct Clock: Equatable, Sendable {
    /// Seconds since 1970.
    package let origin: Int64
    package let rate: Int64

    package init(origin: Int64, rate: Int64) {
      self.origin = origin
      self.rate = rate
    }
  }

  /// An organisation's node that follows the chain without a vote.
  package struct Observer: Equatable, Sendable {
    package let organisation: String
    package let transportKey: PublicKey

    package init(organisation: String, transportKey: PublicKey) {
      self.organisation = organisation
      self.transportKey = transportKey
    }

    init(_ form: inout Form) {
      self.init(organisation: form.identifier("organisation"), transportKey: form.publicKey("transportKey"))
    }
  }

  /// The id of the network, which every document names.
  package var network: String { "\(name)-\(hexadecimal(chain.bytes.prefix(8)))" }

  package static let maximumBytes = 1 << 24
  static let maximumMembers = 10_000
  static let maximumBoard = 64
  static let maximumObservers = 256

  /// All faults at once, each with its place in the file.
  package init(json bytes: [UInt8]) throws(Violations) {
    var limits = JSONLimits()
    limits.bytes = Genesis.maximumBytes
    limits.values = 1 << 20
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(bytes, limits: limits)
    } catch {
      throw Violations(.jsonInvalid, error.pointer, "\(error.reason.rawValue) at byte \(error.offset)")
    }
    let file = try Form.read(json) { File(&$0) }
    let faults = file.faults
    guard faults.isEmpty else { throw Violations(faults) }
    self.bytes = bytes
    name = file.name
    chain = Digest(.genesis, of: bytes)
    time = file.time
    production = file.production
    clock = file.clock
    members = file.members.sorted { $0.id < $1.id }
    validators = ValidatorSet(epoch: 0, validators: file.validators)
    observers = file.observers
    parameters = file.parameters
  }

  package static var schema: JSON {
    guard case .object(let members) = Form.schema(of: { File(&$0) }) else { return .null }
    return .object(
      [
        .init("$schema", "https://json-schema.org/draft/2020-12/schema"), .init("$id", "urn:lianrong:schema:genesis"),
        .init("title", "Genesis of a network"),
      ] + members)
  }

  /// The state at height 0, in the order of keys.
  package func initialState() -> [StateChange] {
    var state = State(MemoryState())
    state.put(parameters)
    state.put(ValidatorSetRecord(validators: validators, decidedAt: 0))
    state.put(ObserverList(observers: observers))
    for admission in members {
      state.put(admission.member(admittedAt: 0))
      state.put(KeyRing(member: admission.id, keys: admission.keys.map(\.name)))
      for key in admission.keys {
        if let record = key.record(of: admission.id, addedAt: 0, validFrom: 0) { state.put(record) }
      }
    }
    state.keepDocument()
    return state.changes
  }

  /// The members of the file as they stand there.
  struct File {
    let name: String
    let time: Int64
    let production: Bool
    let clock: Clock?
    let members: [Admission]
    let validators: [Validator]
    let observers: [Observer]
    let parameters: Parameters

    init(_ form: inout Form) {
      name = form.identifier("name", upTo: 47)
      time = form.integer("time", 0...253_402_300_799_000)
      production = form.bool("production")
      clock = form.optional("clock") { form in
        form.object("clock") { form in
          Clock(origin: form.integer("origin", 0...253_402_300_799), rate: form.integer("rate", 1...1_000_000))
        }
      }
      members = form.list("members", 1...Genesis.maximumMembers) { Admission(&$0) }
      validators = form.list("validators", 1...ValidatorSet.maximumCount) { Validator(&$0) }
      observers =
        form.optional("observers") { form in
          form.list("observers", 0...Genesis.maximumObservers) { Observer(&$0) }
        } ?? []
      let board = form.object("board") { form in
        (
          form.identifiers("organisations", 1...Genesis.maximumBoard),
          form.integer("threshold", 1...Int64(Genesis.maximumBoard))
        )
      }
      let defaults = Parameters(board: board.0, boardThreshold: Int(board.1))
      parameters =
        form.optional("parameters") { form in form.object("parameters") { Parameters(&$0, defaults) } } ?? defaults
    }
  }
}
