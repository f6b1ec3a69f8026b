import Ledger

/// C-15: an offence that the chain has recorded, with the votes that show it.
package struct Misbehaviour: StateObject, Equatable {
  package let evidence: Evidence
  /// The member id of the organisation that ran the validator in that epoch.
  package let organisation: String
  /// The height of the block that brought it.
  package let recordedAt: UInt64
  /// Offences of one validator in one epoch that are recorded; whoever earns this many earns no more room.
  package static let maximumRecorded = 64

  package static var table: StateTable { .misbehaviour }
  package var stateID: Offence { evidence.offence }

  package init(evidence: Evidence, organisation: String, recordedAt: UInt64) {
    self.evidence = evidence
    self.organisation = organisation
    self.recordedAt = recordedAt
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.value(evidence)
    writer.text(organisation)
    writer.unsigned(recordedAt)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    evidence = try reader.value()
    organisation = try reader.text(upTo: 64)
    recordedAt = try reader.unsigned()
  }
}

/// How many offences of one validator in one epoch are recorded.
package struct MisbehaviourCount: StateObject, Equatable {
  package struct Offender: StateID, Hashable, Sendable {
    package let epoch: UInt64
    package let signer: Int

    package init(epoch: UInt64, signer: Int) {
      self.epoch = epoch
      self.signer = signer
    }

    package var stateBytes: [UInt8] { epoch.stateBytes + [UInt8(truncatingIfNeeded: signer)] }
  }

  package let stateID: Offender
  package var recorded: Int

  package static var table: StateTable { .misbehaviourCount }

  package init(of offender: Offender, recorded: Int) {
    stateID = offender
    self.recorded = recorded
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.unsigned(stateID.epoch)
    writer.unsigned(UInt64(stateID.signer))
    writer.unsigned(UInt64(recorded))
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    let epoch = try reader.unsigned()
    let signer = Int(try reader.unsigned(upTo: UInt64(ValidatorSet.maximumCount - 1)))
    stateID = Offender(epoch: epoch, signer: signer)
    recorded = Int(try reader.unsigned(upTo: UInt64(Misbehaviour.maximumRecorded)))
  }
}

/// Epoch, view and signer, so that a table read in the order of its keys is in the order of offences.
extension Offence: StateID {
  package var stateBytes: [UInt8] { epoch.stateBytes + view.stateBytes + [UInt8(truncatingIfNeeded: signer)] }

  fileprivate var offender: MisbehaviourCount.Offender { .init(epoch: epoch, signer: signer) }
}

extension Misbehaviour {
  /// True when evidence of this offence would change nothing: it is recorded, or its validator has its full number. A
  /// block that carries it is valid none the less.
  package static func isSettled(_ offence: Offence, on base: any StateReader) throws(StateFailure) -> Bool {
    var state = State(base)
    let isSettled = state.isSettled(offence)
    if let failure = state.failure { throw failure }
    return isSettled
  }
}

extension State {
  fileprivate mutating func isSettled(_ offence: Offence) -> Bool {
    get(Misbehaviour.self, offence) != nil
      || get(MisbehaviourCount.self, offence.offender)?.recorded ?? 0 >= Misbehaviour.maximumRecorded
  }

  /// Makes no outcome and fails no block: what is settled, or names no validator, is passed over.
  mutating func record(_ evidence: [Evidence], at height: UInt64) {
    for item in evidence where !isSettled(item.offence) {
      guard let set = get(ValidatorSetRecord.self, item.epoch)?.validators, set.validators.indices.contains(item.signer)
      else { continue }
      let offender = item.offence.offender
      let recorded = get(MisbehaviourCount.self, offender)?.recorded ?? 0
      put(
        Misbehaviour(
          evidence: item, organisation: set.validators[item.signer].organisation, recordedAt: height))
      put(MisbehaviourCount(of: offender, recorded: recorded + 1))
    }
    keepDocument()
  }
}
