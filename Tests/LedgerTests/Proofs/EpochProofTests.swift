import Ledger
import Sodium
import Testing

private typealias V = Signers

@Suite("P-5: from the genesis' validators to today's, one boundary block an epoch")
struct EpochProofTests {
  private static func header(
    _ epoch: UInt64, next: ValidatorSet? = nil, chain: Digest = V.chain, validators: ValidatorSet? = nil,
    history: Digest = .zero
  ) -> Header {
    let set = validators ?? V.set(epoch)
    return Header(
      chain: chain, epoch: epoch, height: 10 * epoch + 9, parent: .zero, time: 0, proposer: 1, documentsRoot: .zero,
      executed: Executed(height: 1, stateRoot: .zero, historyRoot: history), validators: set.digest,
      nextValidators: (next ?? V.set(epoch + 1)).digest)
  }

  private static func certificate(
    _ header: Header, epoch: UInt64, by signers: [Int] = [0, 1, 3], finalizes: Bool = true
  ) -> Certificate {
    let proposal = Proposal(view: 7, parentView: 6, payload: header.digest)
    let subject: VoteSubject = finalizes ? .finalize(proposal) : .notarize(proposal)
    return Certificate(signers.map { V.vote(subject, by: $0, epoch: epoch) })!
  }

  private static func link(_ epoch: UInt64) -> EpochProof.Link {
    let header = header(epoch)
    return .init(header: header, certificate: certificate(header, epoch: epoch), next: V.set(epoch + 1))
  }

  private static let sound = EpochProof(links: [link(0), link(1), link(2)])

  private static func fault(_ links: [EpochProof.Link]) -> EpochProof.Broken? {
    do throws(EpochProof.Broken) {
      _ = try EpochProof(links: links).verify(from: V.set(0), chain: V.chain)
      return nil
    } catch {
      return error
    }
  }

  /// A proof whose second link has these parts.
  private static func second(
    _ header: Header, _ certificate: Certificate? = nil, next: ValidatorSet = V.set(2)
  ) -> EpochProof.Broken? {
    let link = EpochProof.Link(
      header: header, certificate: certificate ?? Self.certificate(header, epoch: 1), next: next)
    return fault([Self.link(0), link, Self.link(2)])
  }

  @Test("It gives the validators of the last epoch, or of one before it, from whichever the reader trusts")
  func sound() throws {
    #expect(try Self.sound.verify(from: V.set(0), chain: V.chain) == V.set(3))
    #expect(try Self.sound.verify(from: V.set(0), chain: V.chain, to: 1) == V.set(1))
    #expect(try Self.sound.verify(from: V.set(0), chain: V.chain, to: 0) == V.set(0))
    let rest = EpochProof(links: Array(Self.sound.links.dropFirst(2)))
    #expect(try rest.verify(from: V.set(2), chain: V.chain) == V.set(3))
    #expect(try EpochProof().verify(from: V.set(0), chain: V.chain) == V.set(0))
  }

  @Test("C-30: the block that names other validators after it ends its epoch, also when the same ones go on")
  func boundary() {
    #expect(!Self.header(1, next: V.set(1)).endsEpoch)
    #expect(Self.header(1, next: V.set(2)).endsEpoch)
    #expect(Self.header(1, next: ValidatorSet(epoch: 2, validators: V.set(1).validators)).endsEpoch)
  }

  @Test("It is read back as written, and only whole") func encoding() throws {
    let bytes = Self.sound.cbor
    #expect(try EpochProof(cbor: bytes) == Self.sound)
    for end in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: CBORError.self) { try EpochProof(cbor: Array(bytes.prefix(end))) }
    }
  }

  @Test("No flipped bit of it proves other validators, or these by other means", arguments: 0..<8)
  func flips(bit: Int) {
    let bytes = EpochProof(links: [Self.link(0)]).cbor
    for index in stride(from: bit, to: bytes.count, by: 5) {
      var altered = bytes
      altered[index] ^= 1 << UInt8(bit)
      guard let proof = try? EpochProof(cbor: altered) else { continue }
      // The views of the certificate, too, are signed.
      #expect(throws: EpochProof.Broken.self, "byte \(index)") { try proof.verify(from: V.set(0), chain: V.chain) }
    }
  }

  @Test("A link that is left out, repeated or out of order is the first that is not proved")
  func order() {
    let links = Self.sound.links
    #expect(Self.fault([links[0], links[2]]) == .init(epoch: 1, fault: .otherEpoch))
    #expect(Self.fault([links[1], links[0], links[2]]) == .init(epoch: 0, fault: .otherEpoch))
    #expect(Self.fault([links[0], links[0], links[1]]) == .init(epoch: 1, fault: .otherEpoch))
    #expect(Self.fault([links[1]]) == .init(epoch: 0, fault: .otherEpoch))
  }

  @Test("It leads no further than its links, and never to an epoch before the trusted one")
  func bounds() {
    #expect(throws: EpochProof.Broken(epoch: 3, fault: .beyondTheProof)) {
      try Self.sound.verify(from: V.set(0), chain: V.chain, to: 4)
    }
    let rest = EpochProof(links: Array(Self.sound.links.dropFirst(2)))
    #expect(throws: EpochProof.Broken(epoch: 3, fault: .beyondTheProof)) {
      try rest.verify(from: V.set(2), chain: V.chain, to: 1)
    }
  }

  @Test("Another genesis, be it by its chain or by its validators, is not where it begins")
  func otherGenesis() {
    #expect(throws: EpochProof.Broken(epoch: 0, fault: .otherChain)) {
      try Self.sound.verify(from: V.set(0), chain: Digest(.genesis, of: [2]))
    }
    let others = ValidatorSet(epoch: 0, validators: V.set(0).validators.reversed())
    #expect(throws: EpochProof.Broken(epoch: 0, fault: .otherValidators)) {
      try Self.sound.verify(from: others, chain: V.chain)
    }
    #expect(Self.second(Self.header(1, chain: .zero)) == .init(epoch: 1, fault: .otherChain))
    #expect(Self.second(Self.header(1, validators: V.set(3))) == .init(epoch: 1, fault: .otherValidators))
  }

  @Test("A block after which the same validators go on ends no epoch")
  func notTheEnd() {
    #expect(Self.second(Self.header(1, next: V.set(1)), next: V.set(1)) == .init(epoch: 1, fault: .notTheEnd))
  }

  @Test("The certificate is a finalization, of this very header")
  func wrongCertificates() {
    let header = Self.header(1)
    let other = Self.header(1, history: Digest(.block, of: [1]))
    for certificate in [
      Self.certificate(header, epoch: 1, finalizes: false), Self.certificate(other, epoch: 1),
      Certificate([0, 1, 2].map { V.vote(.nullify(view: 7), by: $0, epoch: 1) })!,
    ] {
      #expect(Self.second(header, certificate) == .init(epoch: 1, fault: .certificateOfOtherHeader))
    }
  }

  @Test("It is by a quorum of the validators of that epoch, not of the one before or after, nor of the next set itself")
  func wrongSigners() {
    let header = Self.header(1)
    let subject = VoteSubject.finalize(Proposal(view: 7, parentView: 6, payload: header.digest))
    var forged = [Self.certificate(header, epoch: 0), Self.certificate(header, epoch: 2)]
    forged.append(Self.certificate(header, epoch: 1, by: [0, 3]))
    // The next validators' keys under the number of this epoch.
    forged.append(Certificate((0..<4).map { V.vote(subject, by: $0, epoch: 1, key: (2, $0)) })!)
    // One of three is forged.
    let votes = [V.vote(subject, by: 0, epoch: 1), V.vote(subject, by: 1, epoch: 1)]
    forged.append(Certificate(votes + [V.vote(subject, by: 2, epoch: 1, key: (1, 3))])!)
    for certificate in forged {
      #expect(Self.second(header, certificate) == .init(epoch: 1, fault: .certificateInvalid))
    }
  }

  @Test("The next validators are those that the header names, of the next epoch, in that order")
  func wrongNextValidators() {
    let header = Self.header(1)
    for other in [V.set(3), ValidatorSet(epoch: 2, validators: V.set(2).validators.reversed()), V.set(1)] {
      #expect(Self.second(header, next: other) == .init(epoch: 1, fault: .otherNextValidators))
    }
    // Even when a header names it.
    #expect(Self.second(Self.header(1, next: V.set(3)), next: V.set(3)) == .init(epoch: 1, fault: .otherNextValidators))
  }

  // MARK: Documents of later epochs

  private static let document = Array("e30.e30.c2ln".utf8)

  /// Of a document that epoch 1 recorded at height 1 and epoch 2 attests.
  private static func documentProof(signedIn epoch: UInt64 = 2) -> DocumentProof {
    var outcome = CBORWriter()
    outcome.array(3)
    outcome.digest(Digest(.document, of: Array("e30.e30".utf8)))
    outcome.unsigned(0)
    outcome.text("")
    let block = Header(
      chain: V.chain, epoch: 1, height: 1, parent: .zero, time: 0, proposer: 1,
      documentsRoot: Block.documentsRoot([document]),
      executed: Executed(height: 0, stateRoot: .zero, historyRoot: .zero), validators: V.set(1).digest,
      nextValidators: V.set(1).digest)
    let leaf = HistoryLeaf(
      height: 1, block: block.digest, stateRoot: .zero, outcomesRoot: MerkleTree.root(of: [outcome.bytes]))
    var history = HistoryRange()
    var nodes = history.append(.zero)
    nodes += history.append(leaf.digest)
    let inHistory = HistoryRange.inclusionProof(index: 1, count: 2) { position in
      nodes.first { $0.position == position }?.digest
    }
    let attestation = header(2, history: history.root)
    return DocumentProof(
      document: document, header: block, inBlock: MerkleTree.inclusionProof(index: 0, leaves: [document])!,
      outcome: outcome.bytes, inOutcomes: MerkleTree.inclusionProof(index: 0, leaves: [outcome.bytes])!, leaf: leaf,
      inHistory: inHistory!, attestation: attestation, certificate: certificate(attestation, epoch: epoch))
  }

  @Test("A document is proved under the validators of the epoch that attests it, to whom the genesis leads")
  func documents() throws {
    let proof = Self.documentProof()
    let validators = try Self.sound.verify(from: V.set(0), chain: V.chain, to: proof.attestation.epoch)
    try proof.verify(chain: V.chain, validators: validators)
    #expect(throws: DocumentProof.Fault.otherEpoch) { try proof.verify(chain: V.chain, validators: V.set(0)) }
    #expect(throws: DocumentProof.Fault.otherEpoch) { try proof.verify(chain: V.chain, validators: V.set(1)) }
    let others = ValidatorSet(epoch: 2, validators: V.set(1).validators)
    #expect(throws: DocumentProof.Fault.otherValidators) { try proof.verify(chain: V.chain, validators: others) }
    #expect(throws: DocumentProof.Fault.certificateInvalid) {
      try Self.documentProof(signedIn: 1).verify(chain: V.chain, validators: validators)
    }
  }
}
