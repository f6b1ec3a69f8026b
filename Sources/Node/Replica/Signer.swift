import Consensus
import Ledger
import LedgerStore
import Sodium

/// The only code that holds a vote key, and so the only code that can sign a vote. It asks its own copy of the voting
/// rules, which the sign-state file keeps durable apart from the log (C-23).
struct Signer: ~Copyable {
  private let key: SigningKey
  private let chain: Digest
  private let epoch: UInt64
  private let index: Int
  private var file: SignStateFile
  /// What may still be signed; nil when the file was missing or damaged, until a finalization makes it safe again.
  private(set) var rules: VotingRules?
  private var isDirty = false

  init(key: consuming SigningKey, chain: Digest, validators: ValidatorSet, index: Int, path: String) throws {
    precondition(validators.validators[index].voteKey == key.publicKey)
    self.key = key
    self.chain = chain
    self.index = index
    epoch = validators.epoch
    file = SignStateFile(path: path)
    switch try file.read() {
    case .intact(let bytes), .torn(let bytes): rules = try? VotingRules(cbor: bytes)
    case .missing, .damaged: rules = nil
    }
  }

  /// A new validator's first sign state: nothing signed. Written once, when the home folder is made.
  static func prepare(path: String) throws {
    var file = SignStateFile(path: path)
    try file.replace(VotingRules().cbor)
  }

  /// Nil when the rules forbid it: a second copy of this key, or a fault, asked for what must not be signed.
  mutating func sign(_ subject: VoteSubject) -> Vote? {
    guard var rules, rules.permits(subject) else { return nil }
    rules.record(subject)
    self.rules = rules
    isDirty = true
    let signature = key.sign(subject.signingBytes(chain: chain, epoch: epoch))
    return Vote(epoch: epoch, signer: index, subject: subject, signature: signature)
  }

  /// After a suspension (C-23) these rules replace what was lost.
  mutating func restore(_ safe: VotingRules) throws {
    rules = safe
    try file.replace(safe.cbor)
  }

  /// Someone has signed with this key what this node has not: its own record of what it signed is worth nothing, also
  /// after a restart.
  mutating func distrust() throws {
    rules = nil
    isDirty = false
    try file.replace([])
  }

  mutating func sync() throws(StorageFailure) {
    guard isDirty, let rules else { return }
    try file.write(rules.cbor)
    isDirty = false
  }
}
