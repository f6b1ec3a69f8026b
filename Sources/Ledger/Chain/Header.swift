import Sodium

/// What a header attests of an earlier, executed height.
package struct Executed: Equatable, Sendable, CBORCodable {
  package let height: UInt64
  /// Root of the state tree after that height.
  package let stateRoot: Digest
  /// Root of the history range whose leaf h commits to block, state and outcomes of height h, for h = 0…height.
  package let historyRoot: Digest

  package init(height: UInt64, stateRoot: Digest, historyRoot: Digest) {
    self.height = height
    self.stateRoot = stateRoot
    self.historyRoot = historyRoot
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.unsigned(height)
    writer.digest(stateRoot)
    writer.digest(historyRoot)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    height = try reader.unsigned()
    stateRoot = try reader.digest()
    historyRoot = try reader.digest()
  }
}

/// The header of a block; its hash is what validators vote on.
package struct Header: Equatable, Sendable, CBORCodable {
  /// Version of this structure.
  package static let format: UInt64 = 1
  /// Rules under which the block's documents are executed.
  package let protocolVersion: UInt64
  /// 1: Ed25519 and BLAKE2b-256.
  package let suite: UInt64
  /// The hash of the genesis file.
  package let chain: Digest
  package let epoch: UInt64
  package let height: UInt64
  package let parent: Digest
  /// Milliseconds since 1970 in the network's time; never before the parent's.
  package let time: Int64
  /// Index of the proposing validator in its epoch.
  package let proposer: Int
  package let documentsRoot: Digest
  package let evidenceRoot: Digest
  package let executed: Executed
  package let validators: Digest
  package let nextValidators: Digest

  package static let currentProtocol: UInt64 = 1
  package static let currentSuite: UInt64 = 1

  package init(
    chain: Digest, epoch: UInt64, height: UInt64, parent: Digest, time: Int64, proposer: Int, documentsRoot: Digest,
    evidenceRoot: Digest = Block.evidenceRoot([]), executed: Executed, validators: Digest, nextValidators: Digest
  ) {
    protocolVersion = Header.currentProtocol
    suite = Header.currentSuite
    self.chain = chain
    self.epoch = epoch
    self.height = height
    self.parent = parent
    self.time = time
    self.proposer = proposer
    self.documentsRoot = documentsRoot
    self.evidenceRoot = evidenceRoot
    self.executed = executed
    self.validators = validators
    self.nextValidators = nextValidators
  }

  package var digest: Digest { Digest(.block, of: cbor) }

  /// C-30: the boundary block, after which other validators decide.
  package var endsEpoch: Bool { validators != nextValidators }

  package func encode(to writer: inout CBORWriter) {
    writer.array(14)
    writer.unsigned(Header.format)
    writer.unsigned(protocolVersion)
    writer.unsigned(suite)
    writer.digest(chain)
    writer.unsigned(epoch)
    writer.unsigned(height)
    writer.digest(parent)
    writer.integer(time)
    writer.unsigned(UInt64(proposer))
    writer.digest(documentsRoot)
    writer.digest(evidenceRoot)
    writer.value(executed)
    writer.digest(validators)
    writer.digest(nextValidators)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(14)
    guard try reader.unsigned() == Header.format else { throw reader.failure(.invalidValue) }
    protocolVersion = try reader.unsigned()
    suite = try reader.unsigned()
    chain = try reader.digest()
    epoch = try reader.unsigned()
    height = try reader.unsigned()
    parent = try reader.digest()
    time = try reader.integer()
    proposer = Int(try reader.unsigned(upTo: UInt64(ValidatorSet.maximumCount - 1)))
    documentsRoot = try reader.digest()
    evidenceRoot = try reader.digest()
    executed = try reader.value()
    validators = try reader.digest()
    nextValidators = try reader.digest()
  }
}

/// What the history range holds of one height.
package struct HistoryLeaf: Equatable, Sendable, CBORCodable {
  package let height: UInt64
  package let block: Digest
  package let stateRoot: Digest
  package let outcomesRoot: Digest

  package init(height: UInt64, block: Digest, stateRoot: Digest, outcomesRoot: Digest) {
    self.height = height
    self.block = block
    self.stateRoot = stateRoot
    self.outcomesRoot = outcomesRoot
  }

  package var digest: Digest { Digest(.treeLeaf, of: cbor) }

  package func encode(to writer: inout CBORWriter) {
    writer.array(4)
    writer.unsigned(height)
    writer.digest(block)
    writer.digest(stateRoot)
    writer.digest(outcomesRoot)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(4)
    height = try reader.unsigned()
    block = try reader.digest()
    stateRoot = try reader.digest()
    outcomesRoot = try reader.digest()
  }
}
