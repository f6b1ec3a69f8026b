import Sodium

/// A header, the exact compact JWS of each of its documents in order, and the evidence that its leader knew of.
package struct Block: Equatable, Sendable, CBORCodable {
  package let header: Header
  package let documents: [[UInt8]]
  /// C-15: strictly ascending by offence.
  package let evidence: [Evidence]
  package static let maximumEvidence = 16

  package init(header: Header, documents: [[UInt8]], evidence: [Evidence] = []) {
    self.header = header
    self.documents = documents
    self.evidence = evidence
  }

  package var digest: Digest { header.digest }

  /// The RFC 6962 root of the documents' leaves.
  package static func documentsRoot(_ documents: [[UInt8]]) -> Digest {
    MerkleTree.root(of: documents)
  }

  /// The RFC 6962 root over the CBOR of each.
  package static func evidenceRoot(_ evidence: [Evidence]) -> Digest {
    MerkleTree.root(of: evidence.map(\.cbor))
  }

  /// True when the documents and the evidence are those that the header commits to.
  package var matchesHeader: Bool {
    header.documentsRoot == Block.documentsRoot(documents) && header.evidenceRoot == Block.evidenceRoot(evidence)
  }

  package func encode(to writer: inout CBORWriter) {
    writer.reserve(512 + documents.reduce(0) { $0 + $1.count + 4 })
    writer.array(3)
    writer.value(header)
    writer.array(documents.count)
    for document in documents { writer.bytes(document) }
    writer.list(evidence)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    header = try reader.value()
    let count = try reader.array(upTo: 1 << 20)
    var documents: [[UInt8]] = []
    documents.reserveCapacity(min(count, 8192))
    for _ in 0..<count { documents.append(try reader.bytes(upTo: SignedDocument.maximumBytes)) }
    self.documents = documents
    evidence = try reader.list(upTo: Block.maximumEvidence)
    guard evidence.isOrdered else { throw reader.failure(.invalidValue) }
  }
}

extension Block {
  /// C-16: why a block with this evidence is not valid, or nil. `validators` answers nil for an epoch that is not
  /// known.
  package func evidenceFault(
    chain: Digest, checking: any SignatureChecking = Ed25519Signatures(), validators: (UInt64) -> ValidatorSet?
  ) -> String? {
    guard evidence.count <= Block.maximumEvidence else {
      return "\(evidence.count) pieces of evidence, \(Block.maximumEvidence) are allowed"
    }
    guard evidence.isOrdered else { return "the evidence is not in order or repeats an offence" }
    for item in evidence {
      guard item.epoch <= header.epoch, let set = validators(item.epoch) else {
        return "evidence of epoch \(item.epoch), whose validators are not known"
      }
      guard item.isValid(for: set, chain: chain, checking: checking) else {
        return "evidence against validator \(item.signer) in view \(item.view) that its key did not sign"
      }
    }
    return nil
  }
}
