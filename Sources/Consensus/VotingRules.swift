import Ledger

/// The only place that decides whether a vote may be signed: an epoch that never goes down and, within it, three view
/// numbers that never go down.
///
/// The machine asks it before `.sign`; the shell keeps a copy in the sign-state file (C-23) and asks that one again
/// with the key in its hand. It is stricter than C-1 and C-2 need, so that three numbers can stand for a whole history.
package struct VotingRules: Equatable, Sendable, CBORCodable {
  /// The epoch whose views these are.
  package private(set) var epoch: UInt64 = 0
  /// The highest view of each kind signed so far; 0 (the genesis view, in which nobody votes) means none.
  package private(set) var notarized: UInt64 = 0
  package private(set) var nullified: UInt64 = 0
  package private(set) var finalized: UInt64 = 0

  package init(epoch: UInt64 = 0) { self.epoch = epoch }

  /// C-33: a later epoch begins with nothing signed; there is no way back to an earlier one.
  package mutating func begin(epoch: UInt64) {
    if epoch > self.epoch { self = VotingRules(epoch: epoch) }
  }

  /// Whether `subject` may be signed in `epoch`; no vote of another epoch may.
  package func permits(_ subject: VoteSubject) -> Bool {
    switch subject {
    // C-1: one notarize per view. C-2: none after a nullify.
    case .notarize(let proposal):
      proposal.view > notarized && proposal.view > nullified && proposal.view > finalized
    // C-2: never nullify and finalize in one view, whichever comes first.
    case .nullify(let view): view > nullified && view > finalized
    case .finalize(let proposal): proposal.view > finalized && proposal.view > nullified
    }
  }

  /// Notes what is being signed, or was signed before a restart (C-22).
  package mutating func record(_ subject: VoteSubject) {
    switch subject {
    case .notarize(let proposal): notarized = max(notarized, proposal.view)
    case .nullify(let view): nullified = max(nullified, view)
    case .finalize(let proposal): finalized = max(finalized, proposal.view)
    }
  }

  /// Nothing at or below `view` will be signed any more.
  package mutating func close(through view: UInt64) {
    notarized = max(notarized, view)
    nullified = max(nullified, view)
    finalized = max(finalized, view)
  }

  /// The stricter of two histories of one key, the log's and the sign-state file's; of different epochs the later one,
  /// which forbids every vote in the earlier (C-33).
  package mutating func merge(_ other: VotingRules) {
    guard other.epoch == epoch else {
      if other.epoch > epoch { self = other }
      return
    }
    notarized = max(notarized, other.notarized)
    nullified = max(nullified, other.nullified)
    finalized = max(finalized, other.finalized)
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(4)
    writer.unsigned(epoch)
    writer.unsigned(notarized)
    writer.unsigned(nullified)
    writer.unsigned(finalized)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(4)
    epoch = try reader.unsigned()
    notarized = try reader.unsigned()
    nullified = try reader.unsigned()
    finalized = try reader.unsigned()
  }
}
