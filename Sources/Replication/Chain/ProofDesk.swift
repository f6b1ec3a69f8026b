import Contracts
import Ledger
import Sodium

/// Proofs of documents and their outcomes at the newest attested height.
package struct ProofDesk: Sendable {
  private let chain: Chain

  package init(_ chain: Chain) { self.chain = chain }

  /// Nil while the document is not recorded, or no certified header attests its height yet.
  package func proof(of id: Digest) throws -> DocumentProof? {
    let store = chain.store
    guard let location = try store.location(of: id), let (header, certificate) = try attestation(of: location.height),
      let finalized = try store.finalizedBlock(at: location.height),
      let outcomes = try store.outcomes(at: location.height),
      let leaf = try store.leaf(at: location.height)
    else { return nil }
    let documents = finalized.block.documents
    guard let inBlock = MerkleTree.inclusionProof(index: location.index, leaves: documents),
      let inOutcomes = MerkleTree.inclusionProof(index: location.index, leaves: outcomes.map(\.cbor)),
      let inHistory = try HistoryRange.inclusionProof(
        index: location.height, count: header.executed.height + 1, node: store.historyNode)
    else { throw NodeFailure.damaged("the proof of \(id) at height \(location.height) cannot be made") }
    return DocumentProof(
      document: documents[location.index], header: finalized.block.header, inBlock: inBlock,
      outcome: outcomes[location.index].cbor, inOutcomes: inOutcomes, leaf: leaf, inHistory: inHistory,
      attestation: header, certificate: certificate)
  }

  /// The newest certified header that attests `height`.
  private func attestation(of height: UInt64) throws -> (Header, Certificate)? {
    var at = chain.head.height
    while at > 0, let block = try chain.store.finalizedBlock(at: at) {
      guard block.block.header.executed.height >= height else { return nil }
      if let certificate = block.finality.certificate { return (block.block.header, certificate) }
      at -= 1
    }
    return nil
  }
}
