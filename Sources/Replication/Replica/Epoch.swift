import Consensus
import Contracts
import Ledger
import Sodium

/// The validators that decide the next block, and this node's place among them.
package struct Epoch: Sendable {
  package let validators: ValidatorSet
  package let digest: Digest
  /// Nil for an observer of this epoch.
  package let me: Int?

  package var number: UInt64 { validators.epoch }

  package init(_ validators: ValidatorSet, transportKey: PublicKey) {
    self.validators = validators
    digest = validators.digest
    me = validators.validators.firstIndex { $0.transportKey == transportKey }
  }

  /// The epoch of the block after `head`.
  init(_ chain: Chain, _ head: ChainHead, transportKey: PublicKey) throws {
    self.init(try chain.validators(of: head.epoch), transportKey: transportKey)
  }

  func configuration(_ parameters: Parameters, votes: Bool, asksFirst: Bool) -> Machine.Configuration {
    Machine.Configuration(
      validators: validators, me: votes ? me : nil, delta: parameters.deltaMilliseconds,
      retryInterval: max(200, parameters.deltaMilliseconds), idleInterval: parameters.idleIntervalMilliseconds,
      asksFirst: asksFirst)
  }
}
