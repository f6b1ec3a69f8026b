import Consensus
import Ledger
import LedgerStore
import Sodium

/// A vote key: the one thing that turns a subject into a vote.
package protocol VoteSigning: Sendable {
  var publicKey: PublicKey { get }
  func sign(_ message: [UInt8]) -> Signature
}

/// An Ed25519 vote key in locked memory.
package final class VoteKey: VoteSigning {
  private let key: SigningKey

  package init(_ key: consuming SigningKey) { self.key = key }

  package var publicKey: PublicKey { key.publicKey }
  package func sign(_ message: [UInt8]) -> Signature { key.sign(message) }
}

/// The only code that holds vote keys, and so the only code that can sign a vote. It asks its own copy of the voting
/// rules, which the sign-state file keeps durable apart from the log (C-23).
package struct Signer: ~Copyable {
  private var keys: [any VoteSigning] = []
  private let chain: Digest
  private var file: SignStateFile
  private var place: (key: any VoteSigning, index: Int, epoch: UInt64)?
  /// What may still be signed; nil when the file was missing or damaged, until a finalization makes it safe again.
  private(set) var rules: VotingRules?
  private var isDirty = false

  init(chain: Digest, file: consuming SignStateFile, logIsEmpty: Bool) throws {
    self.chain = chain
    self.file = file
    try readFile(logIsEmpty: logIsEmpty)
  }

  private mutating func readFile(logIsEmpty: Bool) throws {
    switch try file.read() {
    case .intact(let bytes): rules = try? VotingRules(cbor: bytes)
    // What was torn by a crash was in the log before: without one, the newest value may be what is lost.
    case .torn(let bytes): rules = logIsEmpty ? nil : try? VotingRules(cbor: bytes)
    case .missing, .damaged: rules = nil
    }
  }

  /// Whether this node has the key of its place among the validators.
  var canVote: Bool { place != nil }

  /// From now on votes are of this epoch, by one of these keys. A sign state of an earlier one says nothing about it; one of a later epoch
  /// keeps its numbers, and so forbids everything.
  mutating func begin(_ epoch: Epoch, keys: [any VoteSigning]) throws {
    place = nil
    self.keys = keys
    // A node that becomes a validator while it runs has got its file since it started.
    if rules == nil, !keys.isEmpty { try readFile(logIsEmpty: false) }
    guard let index = epoch.me,
      let key = keys.first(where: { $0.publicKey == epoch.validators.validators[index].voteKey })
    else { return }
    place = (key, index, epoch.number)
    guard var rules, rules.epoch < epoch.number else { return }
    rules.begin(epoch: epoch.number)
    self.rules = rules
    isDirty = true
    try sync()
  }

  /// A new validator's first sign state: nothing signed. Written once, when the home folder is made.
  package static func prepare(path: String) throws {
    var file = SignStateFile(path: path)
    try file.replace(VotingRules().cbor)
  }

  /// Nil when the rules forbid it: a second copy of this key, or a fault, asked for what must not be signed.
  mutating func sign(_ subject: VoteSubject) -> Vote? {
    guard let place, var rules, rules.epoch == place.epoch, rules.permits(subject) else { return nil }
    rules.record(subject)
    self.rules = rules
    isDirty = true
    let signature = place.key.sign(subject.signingBytes(chain: chain, epoch: place.epoch))
    return Vote(epoch: place.epoch, signer: place.index, subject: subject, signature: signature)
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
