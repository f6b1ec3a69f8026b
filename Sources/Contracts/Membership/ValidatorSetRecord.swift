import Ledger

/// The validators of one epoch, in the state from the height at which they were decided (C-30).
package struct ValidatorSetRecord: StateObject, Equatable {
  package let validators: ValidatorSet
  package let decidedAt: UInt64

  package static var table: StateTable { .validatorSet }
  package var stateID: UInt64 { validators.epoch }

  package init(validators: ValidatorSet, decidedAt: UInt64) {
    self.validators = validators
    self.decidedAt = decidedAt
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.value(validators)
    writer.unsigned(decidedAt)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    validators = try reader.value()
    decidedAt = try reader.unsigned()
  }
}

extension UInt64: StateID {
  package var stateBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64(56 - 8 * $0)) } }
}
