import Ledger
import Sodium

extension Genesis.File {
  /// What is wrong between members that are each well-formed.
  var faults: [Violation] {
    var faults = Faults()
    faults.require(!production || clock == nil, "/clock", "a production network runs on real time")
    faults.require(!production || validators.count >= 4, "/validators", "a production network has at least 4")
    memberFaults(&faults)
    nodeFaults(&faults)
    boardFaults(&faults)
    return faults.all
  }

  private func memberFaults(_ faults: inout Faults) {
    for (index, member) in members.enumerated() {
      let pointer = "/members/\(index)"
      faults.requireNew(member.id, in: "members", pointer + "/id")
      for (index, identifier) in member.identifiers.enumerated() {
        faults.require(
          identifier.verdict != .refused, "\(pointer)/identifiers/\(index)/value", "its check digits are wrong")
      }
      for (index, key) in member.keys.enumerated() {
        faults.requireNew(key.name, in: pointer + "/keys", "\(pointer)/keys/\(index)/name")
        let pointer = "\(pointer)/keys/\(index)"
        faults.requireAcceptable(key.publicKey, pointer + "/publicKey")
        faults.require(
          key.record(of: member.id, addedAt: 0, validFrom: 0) != nil, pointer + "/validUntilHeight",
          "above validFromHeight")
      }
    }
  }

  private func nodeFaults(_ faults: inout Faults) {
    let known = Set(members.map(\.id))
    for (index, validator) in validators.enumerated() {
      let pointer = "/validators/\(index)"
      faults.require(known.contains(validator.organisation), pointer + "/organisation", "a member of this file")
      faults.requireNew(validator.organisation, in: "validators", pointer + "/organisation")
      for (key, name) in [(validator.voteKey, "voteKey"), (validator.transportKey, "transportKey")] {
        faults.requireAcceptable(key, "\(pointer)/\(name)")
        faults.requireNew(key.digest.description, in: "node keys", "\(pointer)/\(name)")
      }
    }
    for (index, observer) in observers.enumerated() {
      let pointer = "/observers/\(index)"
      faults.require(known.contains(observer.organisation), pointer + "/organisation", "a member of this file")
      faults.requireAcceptable(observer.transportKey, pointer + "/transportKey")
      faults.requireNew(observer.transportKey.digest.description, in: "node keys", pointer + "/transportKey")
    }
  }

  private func boardFaults(_ faults: inout Faults) {
    for (index, organisation) in parameters.board.enumerated() {
      let pointer = "/board/organisations/\(index)"
      faults.requireNew(organisation, in: "board", pointer)
      let canGovern = members.contains { member in
        member.id == organisation && member.keys.contains { $0.permissions.contains(.governance) }
      }
      faults.require(canGovern, pointer, "a member of this file with a key for governance")
    }
    faults.require(
      parameters.boardThreshold <= parameters.board.count, "/board/threshold", "at most the number of organisations")
    faults.require(
      parameters.issuerQuota <= parameters.blockDocuments, "/parameters/issuerQuota", "at most blockDocuments")
    faults.require(
      parameters.idleIntervalMilliseconds >= parameters.deltaMilliseconds, "/parameters/idleIntervalMilliseconds",
      "at least deltaMilliseconds")
  }
}

private struct Faults {
  var all: [Violation] = []
  private var seen: Set<[String]> = []

  mutating func require(_ condition: Bool, _ pointer: String, _ rule: String) {
    if !condition { all.append(Violation(.memberInvalid, pointer, rule)) }
  }

  mutating func requireNew(_ value: String, in set: String, _ pointer: String) {
    require(seen.insert([set, value]).inserted, pointer, "each once")
  }

  mutating func requireAcceptable(_ key: PublicKey, _ pointer: String) {
    require(key.isAcceptable, pointer, "an Ed25519 public key of the main subgroup")
  }
}
