import Sodium

/// A member of the network that votes on blocks: one organisation, one validator.
package struct Validator: Equatable, Sendable, CBORCodable {
  /// The member id of the organisation that runs it.
  package let organisation: String
  package let voteKey: PublicKey
  /// The Ed25519 key of the node's self-signed TLS certificate.
  package let transportKey: PublicKey

  package init(organisation: String, voteKey: PublicKey, transportKey: PublicKey) {
    self.organisation = organisation
    self.voteKey = voteKey
    self.transportKey = transportKey
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.text(organisation)
    writer.digest(voteKey.digest)
    writer.digest(transportKey.digest)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    organisation = try reader.text(upTo: 64)
    voteKey = PublicKey(try reader.digest().bytes)!
    transportKey = PublicKey(try reader.digest().bytes)!
  }
}

/// The validators of one epoch in their fixed order: 4 to 31 in production, any number from 1 in tests.
package struct ValidatorSet: Equatable, Sendable, CBORCodable {
  package let epoch: UInt64
  package let validators: [Validator]
  package static let maximumCount = 31

  package init(epoch: UInt64, validators: [Validator]) {
    self.epoch = epoch
    self.validators = validators
  }

  package var count: Int { validators.count }
  /// f = ⌊(n − 1) / 3⌋, how many may be faulty.
  package var faults: Int { (count - 1) / 3 }
  /// q = n − f: 4 → 3, 5 → 4, 7 → 5, 10 → 7, 31 → 21.
  package var quorum: Int { count - faults }

  /// Round robin over the epoch's validators.
  package func leader(of view: UInt64) -> Int { Int(view % UInt64(count)) }

  package var digest: Digest { Digest(.validators, of: cbor) }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.unsigned(epoch)
    writer.list(validators)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    epoch = try reader.unsigned()
    validators = try reader.list(upTo: ValidatorSet.maximumCount)
    guard !validators.isEmpty else { throw reader.failure(.invalidValue) }
  }
}
