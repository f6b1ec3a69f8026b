import Contracts
import Ledger
import Sodium

extension FuzzTarget {
  /// Proofs as a client meets them. In the last kind, the JSON of a document's proof, the attestation is signed here by
  /// the network's validators, so that what lies behind the certificate is reached.
  static let proofs = FuzzTarget(
    name: "proofs", maximumBytes: 16_384, seeds: { types.seeds() }, words: ["\"height\":", "\"attestedBy\":"],
    bytes: extremes,
    attack: { types.attack($0) })

  private static let leaves = (0..<7).map { Digest(.treeLeaf, of: [$0]) }

  private static let types = CodableTypes([
    CodableTypes.type(MerkleTree.inclusionProof(index: 4, hashes: leaves) ?? one) { proof in
      let root = MerkleTree.root(ofHashes: leaves[...])
      guard proof.size == UInt64(leaves.count), proof.verifies(leaf: leaves[4], root: root) else { return }
      demand(proof.index == 4, "a leaf was proved at another place")
    },
    CodableTypes.type(
      MerkleTree.consistencyProof(from: 3, hashes: leaves) ?? ConsistencyProof(oldSize: 1, newSize: 1, path: [])
    ) { proof in
      let (old, new) = (MerkleTree.root(ofHashes: leaves[..<3]), MerkleTree.root(ofHashes: leaves[...]))
      if proof.newSize == 7, proof.verifies(old: old, new: new) {
        demand(proof.oldSize == 3, "a tree continues one of another size")
      }
      demand(!proof.verifies(old: new, new: old) || proof.oldSize == proof.newSize, "a tree shrank")
    },
    CodableTypes.type(history(7), lateHistory) { range in
      var range = range
      _ = range.root
      guard range.count < HistoryRange.maximumCount else { return }
      _ = range.append(leaves[0])
      demand(range.peaks.count == range.count.nonzeroBitCount)
    },
    CodableTypes.type(stateProof(of: 3), stateProof(of: 200)) { proof in
      for key in [3, 200] as [UInt8] {
        let path = StateTree.path(ofKey: [key])
        let value = key < 40 ? StateTree.digest(ofValue: [key]) : nil
        let other = key < 40 ? nil : StateTree.digest(ofValue: [1])
        if StateProof.verify(proof, root: StateExamples.root, path: path, value: other) {
          fatalError("a state proof shows what is not so")
        }
        _ = StateProof.verify(proof, root: StateExamples.root, path: path, value: value)
      }
    },
    CodableTypes.type(OutcomeRecord(document: leaves[0], outcome: .accepted, pointer: "/terms/order")),
    CodableTypes.type(EpochProof(links: []), epochProof) { proof in
      guard let validators = try? proof.verify(from: ChainExamples.validators, chain: ChainExamples.chain) else {
        return
      }
      demand(validators.epoch == UInt64(proof.links.count), "an epoch was skipped")
    },
    CodableTypes.Entry(attack: readEvidenceFile, seeds: { [evidenceFile.json.utf8] }),
    CodableTypes.Entry(attack: readDocumentProof, seeds: { [documentProof.json.utf8] }),
    CodableTypes.Entry(attack: assembleDocumentProof, seeds: { [parts(of: documentProof), parts(of: lateProof)] }),
    CodableTypes.Entry(
      attack: assembleEvidenceFile, seeds: { [ChainExamples.evidence.cbor + ChainExamples.validators.cbor] }),
  ])

  /// One change of validators: the first two change places.
  private static let epochProof: EpochProof = {
    let old = ChainExamples.validators.validators
    let next = ValidatorSet(epoch: 1, validators: [old[1], old[0]] + old[2...])
    let header = Header(
      chain: ChainExamples.chain, epoch: 0, height: 9, parent: .zero, time: 0, proposer: 0, documentsRoot: .zero,
      executed: ChainExamples.executed, validators: ChainExamples.validators.digest, nextValidators: next.digest)
    return EpochProof(links: [.init(header: header, certificate: certificate(of: header), next: next)])
  }()

  private static let evidenceFile: EvidenceFile = {
    let file = EvidenceFile(
      chain: ChainExamples.chain, evidence: ChainExamples.evidence, validators: ChainExamples.validators)
    guard let file else { fatalError("the offender is a validator of the epoch") }
    return file
  }()

  @Sendable private static func readEvidenceFile(_ bytes: [UInt8]) {
    guard let json = try? JSON.parse(bytes), let file = EvidenceFile(json: json) else { return }
    check(file)
  }

  private static func check(_ file: EvidenceFile) {
    demand(EvidenceFile(json: file.json) == file, "evidence is not what it writes")
    _ = try? file.verify(chain: ChainExamples.chain, validators: ChainExamples.validators)
  }

  private static let one = InclusionProof(index: 0, size: 1, path: [])

  private static func history(_ count: Int) -> HistoryRange {
    var range = HistoryRange()
    for leaf in leaves.prefix(count) { _ = range.append(leaf) }
    return range
  }

  private static let lateHistory: HistoryRange = {
    let count: UInt64 = 0xff_0000_0000_00ff
    let range = HistoryRange(wasAt: count & (1 << 47 - 1)) { _ in leaves[0] }
    return range ?? HistoryRange()
  }()

  private static func stateProof(of key: UInt8) -> StateProof {
    do throws(StateTreeFailure) {
      return try StateTree.proof(root: 1, path: StateTree.path(ofKey: [key]), reader: StateExamples.memory).proof
    } catch {
      fatalError("the example tree is whole: \(error)")
    }
  }

  private static let documentProof: DocumentProof = {
    let terms: JSON = ["buyer": "steelworks", "order": "PO-1", "decision": "accepted"]
    let document = ExampleNetwork.signed(
      DocumentDraft(type: "order.response/1", terms: terms), by: "foundry", number: 1, at: 1_750_000_000)
    let header = ChainExamples.header(executed: ChainExamples.executed, documents: [document])
    let id = Digest(.document, of: Array(document[..<(document.lastIndex(of: 0x2e) ?? 0)]))
    let outcome = OutcomeRecord(document: id, outcome: .accepted, pointer: "").cbor
    let leaf = HistoryLeaf(
      height: header.height, block: header.digest, stateRoot: .zero, outcomesRoot: MerkleTree.root(of: [outcome]))
    let hashes = leaves.prefix(3) + [leaf.digest]
    let root = MerkleTree.root(ofHashes: hashes[...])
    let attestation = ChainExamples.header(
      executed: Executed(height: header.height, stateRoot: .zero, historyRoot: root), documents: [])
    let proof = DocumentProof(
      document: document, header: header, inBlock: one, outcome: outcome, inOutcomes: one, leaf: leaf,
      inHistory: MerkleTree.inclusionProof(index: 3, hashes: Array(hashes)) ?? one, attestation: attestation,
      certificate: certificate(of: attestation))
    demand((try? verify(proof)) != nil, "the example is a good proof")
    return proof
  }()

  private static let lateProof = DocumentProof(
    document: [0x2e], header: ChainExamples.lateHeader, inBlock: one, outcome: [], inOutcomes: one,
    leaf: HistoryLeaf(height: 1 << 60, block: .zero, stateRoot: .zero, outcomesRoot: .zero),
    inHistory: InclusionProof(index: 1 << 59, size: 1 << 60, path: leaves), attestation: ChainExamples.lateHeader,
    certificate: certificate(of: ChainExamples.lateHeader))

  private static func certificate(of header: Header) -> Certificate {
    ChainExamples.certificate(.finalize(Proposal(view: 5, parentView: 4, payload: header.digest)))
  }

  private static func verify(_ proof: DocumentProof) throws(DocumentProof.Fault) {
    try proof.verify(chain: ChainExamples.chain, validators: ChainExamples.validators)
  }

  @Sendable private static func readDocumentProof(_ bytes: [UInt8]) {
    guard let json = try? JSON.parse(bytes), let proof = DocumentProof(json: json) else { return }
    check(proof)
  }

  private static func check(_ proof: DocumentProof) {
    // A proof is shown as JSON, whose text must be UTF-8.
    if String(validating: proof.document, as: UTF8.self) != nil {
      demand(DocumentProof(json: proof.json) == proof, "a proof is not what it writes")
    }
    _ = try? verify(proof)
    let signed = DocumentProof(
      document: proof.document, header: proof.header, inBlock: proof.inBlock, outcome: proof.outcome,
      inOutcomes: proof.inOutcomes, leaf: proof.leaf, inHistory: proof.inHistory, attestation: proof.attestation,
      certificate: certificate(of: proof.attestation))
    _ = try? verify(signed)
  }
}

/// Files whose members are base64url of CBOR, put together from that CBOR: no mutation of the text gets past both.
extension FuzzTarget {
  private static func parts(of proof: DocumentProof) -> [UInt8] {
    var writer = CBORWriter()
    writer.bytes(proof.document)
    writer.value(proof.header)
    writer.value(proof.inBlock)
    writer.bytes(proof.outcome)
    writer.value(proof.inOutcomes)
    writer.value(proof.leaf)
    writer.value(proof.inHistory)
    writer.value(proof.attestation)
    writer.value(proof.certificate)
    return writer.bytes
  }

  @Sendable private static func assembleDocumentProof(_ bytes: [UInt8]) {
    var reader = CBORReader(bytes)
    do throws(CBORError) {
      check(
        DocumentProof(
          document: try reader.bytes(), header: try reader.value(), inBlock: try reader.value(),
          outcome: try reader.bytes(), inOutcomes: try reader.value(), leaf: try reader.value(),
          inHistory: try reader.value(), attestation: try reader.value(), certificate: try reader.value()))
    } catch {}
  }

  @Sendable private static func assembleEvidenceFile(_ bytes: [UInt8]) {
    var reader = CBORReader(bytes)
    guard let evidence = try? reader.value(Evidence.self), let validators = try? reader.value(ValidatorSet.self),
      let file = EvidenceFile(chain: ChainExamples.chain, evidence: evidence, validators: validators)
    else { return }
    check(file)
  }
}

/// A state tree of forty keys.
enum StateExamples {
  static let entries: [StateEntry] = (0..<40).map { StateEntry(key: [$0], value: [$0]) }
    .sorted { StateTree.path(ofKey: $0.key) < StateTree.path(ofKey: $1.key) }

  static let memory: StateTreeMemory = {
    let changes = entries.map {
      StateTree.Change(path: StateTree.path(ofKey: $0.key), value: StateTree.digest(ofValue: $0.value))
    }
    var memory = StateTreeMemory()
    do throws(StateTreeFailure) {
      memory.apply(try StateTree.update(root: nil, to: 1, changes: changes, reader: memory))
    } catch {
      fatalError("an empty tree takes any change: \(error)")
    }
    return memory
  }()

  static let root: Digest = {
    do throws(StateTreeFailure) {
      return try StateTree.root(version: 1, reader: memory)
    } catch {
      fatalError("the example tree has a root: \(error)")
    }
  }()
}
