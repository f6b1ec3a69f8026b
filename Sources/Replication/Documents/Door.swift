import Contracts
import Financing
import Ledger
import Sodium

/// The door: what can be decided from a document's bytes, the network and the key, before it may wait for a block.
package struct Door: Sendable {
  package let network: String
  package let store: ChainStore
  private let reading: any DocumentReading
  package let clock: NetworkClock
  let validitySeconds: Int64
  /// The node's clock and a client's may differ by this much before `iat` counts as the future.
  package static let clockTolerance: Int64 = 60

  package init(
    network: String, store: ChainStore, reading: any DocumentReading, clock: NetworkClock, validitySeconds: Int64
  ) {
    self.network = network
    self.store = store
    self.reading = reading
    self.clock = clock
    self.validitySeconds = validitySeconds
  }

  /// What holds on every node and at any time (C-16): form, network, signature by a key that was known at `height`,
  /// terms.
  package func checked(_ bytes: [UInt8], keyKnownAt height: UInt64) throws -> AdmittedDocument {
    try verified(try parsed(bytes), keyKnownAt: height)
  }

  private func parsed(_ bytes: [UInt8]) throws(Violations) -> SignedDocument {
    let signed = try reading.document(bytes)
    let envelope = signed.envelope
    guard envelope.network == network else {
      throw Violations(.otherNetwork, "/network", "this is \(network), the document says \(envelope.network)")
    }
    guard envelope.expiresAt - envelope.issuedAt <= validitySeconds else {
      throw Violations(.validityTooLong, "/exp", "at most \(validitySeconds) seconds after iat")
    }
    return signed
  }

  private func verified(_ signed: SignedDocument, keyKnownAt height: UInt64) throws -> AdmittedDocument {
    guard let key = try store.key(signed.key), key.addedAt <= height else {
      throw Violations(.keyUnknown, "", "\(signed.key) is not registered")
    }
    return try reading.admitted(signed, by: key)
  }

  /// Everything, for a document that a client or a peer brings now.
  package func admitted(_ bytes: [UInt8], head: UInt64) throws -> AdmittedDocument {
    let signed = try parsed(bytes)
    let envelope = signed.envelope
    let now = clock.now / 1000
    guard envelope.issuedAt <= now + Door.clockTolerance * clock.rate else {
      throw Violations(.issuedInFuture, "/iat", "iat is \(envelope.issuedAt), the network's time is \(now)")
    }
    if let use = try store.use(ofJTI: envelope.jti, issuer: envelope.issuer) {
      guard use.document == signed.id else {
        throw Violations(.jtiReused, "/jti", "used at height \(use.height) by \(use.document)")
      }
      // The content is recorded; whether these bytes are it is for the signature to say.
      _ = try verified(signed, keyKnownAt: head)
      throw Violations(.replayed, "/jti", "recorded at height \(use.height)")
    }
    // After the look-up: what was recorded in time has its outcome for ever.
    guard envelope.expiresAt >= now else {
      throw Violations(.expired, "/exp", "exp is \(envelope.expiresAt), the network's time is \(now)")
    }
    if let key = try store.key(signed.key), !key.isValid(at: head + 1) {
      throw Violations(.keyNotValid, "", "\(signed.key) is not valid at height \(head + 1)")
    }
    return try verified(signed, keyKnownAt: head)
  }
}

/// How documents are read and their signatures checked: the costly part of the door, which a simulator does once for all
/// of its nodes.
package protocol DocumentReading: Sendable {
  func document(_ bytes: [UInt8]) throws(Violations) -> SignedDocument
  func admitted(_ document: SignedDocument, by key: KeyRecord) throws(Violations) -> AdmittedDocument
}

/// Every document read and its signature checked, each time.
package struct DocumentReader: DocumentReading {
  private let registry: ActRegistry
  private let stages: Stages

  package init(registry: ActRegistry, stages: Stages) {
    self.registry = registry
    self.stages = stages
  }

  package func document(_ bytes: [UInt8]) throws(Violations) -> SignedDocument {
    try stages.measure(.decode) { () throws(Violations) in try SignedDocument(bytes) }
  }

  package func admitted(_ document: SignedDocument, by key: KeyRecord) throws(Violations) -> AdmittedDocument {
    let verified = try stages.measure(.verify) { () throws(Violations) in try document.verified(by: key.publicKey) }
    return try AdmittedDocument(verified, keyAddedAt: key.addedAt, registry: registry)
  }
}
