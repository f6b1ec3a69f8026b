import Ledger
import Sodium

/// Where this node's executed chain ends: everything the next block builds on, written with each block.
package struct ChainHead: Equatable, Sendable, CBORCodable {
  package let height: UInt64
  /// Of the block at `height`; the chain digest at height 0.
  package let block: Digest
  /// The epoch of the next block.
  package let epoch: UInt64
  /// The block at `height` is the last of the epoch before `epoch`.
  package let endsEpoch: Bool
  /// The view of `epoch` in which it was finalized or carried to finality; 0 where the epoch has just begun.
  package let view: UInt64
  package let time: Int64
  package let stateRoot: Digest
  /// The version of the state tree's newest root, nil for an empty tree.
  package let stateVersion: UInt64?
  package let history: HistoryRange
  /// What the header at `height` attests.
  package let attested: UInt64
  /// The newest height that a header with a finalization of its own attests: up to here there are proofs.
  package let provable: UInt64

  /// What a header that attests this height says.
  package var executed: Executed { Executed(height: height, stateRoot: stateRoot, historyRoot: history.root) }

  package init(
    height: UInt64, block: Digest, epoch: UInt64, endsEpoch: Bool, view: UInt64, time: Int64, stateRoot: Digest,
    stateVersion: UInt64?,
    history: HistoryRange, attested: UInt64, provable: UInt64
  ) {
    self.height = height
    self.block = block
    self.epoch = epoch
    self.endsEpoch = endsEpoch
    self.view = view
    self.time = time
    self.stateRoot = stateRoot
    self.stateVersion = stateVersion
    self.history = history
    self.attested = attested
    self.provable = provable
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(11)
    writer.unsigned(height)
    writer.digest(block)
    writer.unsigned(epoch)
    writer.unsigned(endsEpoch ? 1 : 0)
    writer.unsigned(view)
    writer.integer(time)
    writer.digest(stateRoot)
    writer.optional(stateVersion) { $0.unsigned($1) }
    writer.value(history)
    writer.unsigned(attested)
    writer.unsigned(provable)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(11)
    height = try reader.unsigned()
    block = try reader.digest()
    epoch = try reader.unsigned()
    endsEpoch = try reader.unsigned(upTo: 1) == 1
    view = try reader.unsigned()
    time = try reader.integer()
    stateRoot = try reader.digest()
    stateVersion = try reader.optional { (reader) throws(CBORError) in try reader.unsigned() }
    history = try reader.value()
    attested = try reader.unsigned()
    provable = try reader.unsigned()
  }
}

/// How a height became final: its place in the views, and the certificate when it has one of its own. A block without
/// one is final because a later block, which builds on it, has.
package struct Finality: Equatable, Sendable, CBORCodable {
  package let proposal: Proposal
  package let certificate: Certificate?

  package init(proposal: Proposal, certificate: Certificate?) {
    self.proposal = proposal
    self.certificate = certificate
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.value(proposal)
    writer.optional(certificate) { $0.value($1) }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    proposal = try reader.value()
    certificate = try reader.optional { (reader) throws(CBORError) in try reader.value() }
  }
}

/// A finalized block with its proof of finality: what is executed, and what a node that is behind asks for.
package struct FinalizedBlock: Equatable, Sendable, CBORCodable {
  package let block: Block
  package let finality: Finality

  package init(block: Block, finality: Finality) {
    self.block = block
    self.finality = finality
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    writer.value(block)
    writer.value(finality)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    block = try reader.value()
    finality = try reader.value()
  }
}
