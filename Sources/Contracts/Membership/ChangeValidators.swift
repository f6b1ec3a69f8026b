import Ledger
import Sodium

/// The governance board decides the validators of the next epoch and, if it names them, the observers from now on.
package struct ChangeValidators: GovernedAct {
  package static let type = "validators/1"
  package static let title = "The validators of the next epoch"
  package static let permission = Permission.governance

  /// A validator, with its vote key's signature where the current epoch does not have it just so.
  struct Seat {
    let validator: Validator
    let possession: Signature?

    init(_ form: inout Form) {
      validator = Validator(&form)
      possession = form.optional("possession") { $0.signature("possession") } ?? nil
    }
  }

  let epoch: UInt64
  let seats: [Seat]
  /// Nil leaves them as they are.
  let observers: [Genesis.Observer]?
  /// No network becomes less fault tolerant than one of four, unless it began so.
  static let leastValidators = 4

  package init(_ form: inout Form) {
    epoch = form.height("epoch")
    seats = form.list("validators", 1...ValidatorSet.maximumCount) { Seat(&$0) }
    observers = form.optional("observers") { form in
      form.list("observers", 0...Genesis.maximumObservers) { Genesis.Observer(&$0) }
    }
  }

  package func perform(_ execution: inout Execution) throws(Rejection) { try propose(&execution) }

  /// K-15: one set is decided ahead at most, by an act executed in the epoch before it.
  package func enact(_ execution: inout Execution) throws(Rejection) {
    let current = try execution.find(
      execution.block.epoch, ValidatorSetRecord.self, orElse: .epochNotNext, "/terms/epoch"
    ).validators
    let first = try execution.find(0, ValidatorSetRecord.self, orElse: .epochNotNext, "/terms/epoch").validators
    try execution.require(epoch > 0 && epoch - 1 == current.epoch, .epochNotNext, "/terms/epoch")
    try execution.require(
      execution.state.get(ValidatorSetRecord.self, epoch) == nil, .changeDecided, "/terms/epoch")
    try execution.require(
      seats.count >= min(ChangeValidators.leastValidators, first.count), .tooFewValidators, "/terms/validators")

    var keys = NodeKeys(of: current, execution.state.get(ObserverList.self, ObserverList.id)?.observers ?? [])
    try check(&execution, &keys, current)
    execution.state.put(
      ValidatorSetRecord(
        validators: ValidatorSet(epoch: epoch, validators: seats.map(\.validator)), decidedAt: execution.block.height))
    if let observers { execution.state.put(ObserverList(observers: observers)) }
  }

  private func check(
    _ execution: inout Execution, _ keys: inout NodeKeys, _ current: ValidatorSet
  ) throws(Rejection) {
    var organisations: Set<String> = []
    for (index, seat) in seats.enumerated() {
      let pointer = "/terms/validators/\(index)"
      let validator = seat.validator
      try execution.member(validator.organisation, orElse: .memberUnknown, pointer + "/organisation")
      try execution.require(
        organisations.insert(validator.organisation).inserted, .organisationRepeated, pointer + "/organisation")
      try keys.take(validator.voteKey, .vote, of: validator.organisation, pointer + "/voteKey")
      try keys.take(validator.transportKey, .transport, of: validator.organisation, pointer + "/transportKey")
      // K-17
      if let possession = seat.possession {
        let statement = validator.possessionStatement(network: execution.network, epoch: epoch)
        try execution.require(
          validator.voteKey.verifies(possession, of: statement), .possessionInvalid, pointer + "/possession")
      } else {
        try execution.require(
          current.validators.contains(validator), .possessionInvalid, pointer + "/possession")
      }
    }
    for (index, observer) in (observers ?? []).enumerated() {
      let pointer = "/terms/observers/\(index)"
      try execution.member(observer.organisation, orElse: .memberUnknown, pointer + "/organisation")
      try keys.take(observer.transportKey, .transport, of: observer.organisation, pointer + "/transportKey")
    }
  }
}

/// K-16: every node has keys of its own, of use for one thing, and what one organisation's nodes have, no other's get.
private struct NodeKeys {
  enum Use { case vote, transport }
  private var held: [PublicKey: (organisation: String, use: Use)] = [:]
  private var taken: Set<PublicKey> = []

  init(of validators: ValidatorSet, _ observers: [Genesis.Observer]) {
    for observer in observers { held[observer.transportKey] = (observer.organisation, .transport) }
    for validator in validators.validators {
      held[validator.voteKey] = (validator.organisation, .vote)
      held[validator.transportKey] = (validator.organisation, .transport)
    }
  }

  mutating func take(
    _ key: PublicKey, _ use: Use, of organisation: String, _ pointer: String
  ) throws(Rejection) {
    guard key.isAcceptable else { throw Rejection(.keyNotAcceptable, pointer) }
    guard taken.insert(key).inserted else { throw Rejection(.nodeKeyUsed, pointer) }
    if let held = held[key], held.organisation != organisation || held.use != use {
      throw Rejection(.nodeKeyUsed, pointer)
    }
  }
}

extension Form {
  /// 64 bytes in base64url: an Ed25519 signature.
  fileprivate mutating func signature(_ name: String) -> Signature? {
    string(
      name, schema: ["type": "string", "pattern": "^[A-Za-z0-9_-]{86}$"], placeholder: nil,
      rule: "64 bytes in base64url, 86 characters"
    ) { text in Base64URL.decode(text).flatMap { Signature($0) } }
  }
}
