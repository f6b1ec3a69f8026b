import Contracts
import Ledger
import Sodium

/// A block that others may build on, as far as its children are judged by it.
package struct BlockParent: Equatable, Sendable {
  package let digest: Digest
  package let height: UInt64
  package let time: Int64
  /// The height that its header attests.
  package let attested: UInt64
  /// C-31: the last block of this epoch, which may only be proposed again.
  package let endsEpoch: Bool

  package init(digest: Digest, height: UInt64, time: Int64, attested: UInt64, endsEpoch: Bool = false) {
    self.digest = digest
    self.height = height
    self.time = time
    self.attested = attested
    self.endsEpoch = endsEpoch
  }
}

extension Block {
  /// C-16, before any document is looked at: whether this block may stand where `proposal` puts it. The header, its parent,
  /// the view, the epoch and the genesis decide; where the node is, and what time it is, do not matter.
  package func fits(_ proposal: Proposal, on parent: BlockParent, in epoch: Epoch, of genesis: Genesis) -> Bool {
    !parent.endsEpoch && header.protocolVersion == Header.currentProtocol && header.suite == Header.currentSuite
      && header.chain == genesis.chain && header.epoch == epoch.number
      && header.validators == epoch.digest
      && header.parent == parent.digest && header.time >= parent.time
      && header.height > parent.height && header.height - parent.height == 1
      && header.proposer == epoch.validators.leader(of: proposal.view)
      && header.executed.height >= parent.attested && header.executed.height < header.height
      && keepsLag(genesis.parameters)
  }

  /// Fault 13: a block with documents is at most L above the height it attests. Empty blocks are free of it, so that views
  /// whose blocks can only become final as ancestors never leave the chain without a block that may follow.
  package func keepsLag(_ parameters: Parameters) -> Bool {
    documents.isEmpty || header.height - header.executed.height <= parameters.executionLag
  }
}
