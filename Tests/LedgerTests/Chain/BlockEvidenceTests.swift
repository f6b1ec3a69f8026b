import Ledger
import Sodium
import Testing

@Suite("C-16: what evidence a block may carry")
struct BlockEvidenceTests {
  static func block(_ evidence: [Evidence], documents: [[UInt8]] = [[1], [2, 3]], epoch: UInt64 = 3) -> Block {
    Block(
      header: Header(
        chain: Signers.chain, epoch: epoch, height: 9, parent: .zero, time: 1, proposer: 0,
        documentsRoot: Block.documentsRoot(documents), evidenceRoot: Block.evidenceRoot(evidence),
        executed: Executed(height: 8, stateRoot: .zero, historyRoot: .zero), validators: .zero, nextValidators: .zero),
      documents: documents, evidence: evidence)
  }

  static func fault(_ block: Block, chain: Digest = Signers.chain) -> String? {
    block.evidenceFault(chain: chain) { Signers.known($0) }
  }

  static let sixteen = (1...16).map { Signers.evidence($0, by: Int($0 % 4)) }

  @Test("A block with none, with one, and with as many as are allowed", arguments: [0, 1, 16])
  func allowed(count: Int) throws {
    let block = Self.block(Array(Self.sixteen.prefix(count)))
    #expect(Self.fault(block) == nil)
    #expect(block.matchesHeader)
    #expect(try Block(cbor: block.cbor) == block)
    for length in block.cbor.indices {
      #expect(throws: CBORError.self) { try Block(cbor: Array(block.cbor.prefix(length))) }
    }
    #expect(throws: CBORError.self) { try Block(cbor: block.cbor + [0]) }
  }

  @Test("A seventeenth, a repeated offence and another order are neither read nor valid")
  func malformed() {
    let a = Signers.evidence(5), b = Signers.evidence(6)
    // The same offence, shown by another pair of votes.
    let again = Evidence(Signers.vote(.finalize(Signers.block(1, in: 5, on: 0))), Signers.vote(.nullify(view: 5)))!
    #expect(again.offence == a.offence && again != a)
    let lists: [[Evidence]] = [
      Self.sixteen + [Signers.evidence(17)], [a, a], [a, again], [b, a],
      [Signers.evidence(5, by: 2), Signers.evidence(5, by: 1)],
      [Signers.evidence(5, epoch: 3), Signers.evidence(6, epoch: 2)],
    ]
    for evidence in lists {
      let block = Self.block(evidence)
      #expect(throws: CBORError.self) { try Block(cbor: block.cbor) }
      #expect(Self.fault(block) != nil)
    }
    for evidence in [[a, b], [Signers.evidence(6, epoch: 2), Signers.evidence(5, epoch: 3)]] {
      #expect(Self.fault(Self.block(evidence)) == nil)
    }
  }

  @Test("Evidence of an epoch that is not known, or has not begun, is not valid")
  func epochs() {
    #expect(Self.fault(Self.block([Signers.evidence(epoch: 1)])) != nil)
    #expect(Self.fault(Self.block([Signers.evidence(epoch: 3)], epoch: 2)) != nil)
    #expect(Self.fault(Self.block([Signers.evidence(epoch: 2)], epoch: 3)) == nil)
    let other = Self.block([Signers.evidence(epoch: 2)]).evidenceFault(chain: Signers.chain) { _ in Signers.set(3) }
    #expect(other != nil, "validators of another epoch than was asked for")
  }

  @Test("Evidence that its validator's key did not sign is not valid, wherever it stands")
  func forged() {
    let forged = Evidence(
      Signers.vote(.notarize(Signers.block(1)), key: (3, 2)), Signers.vote(.notarize(Signers.block(2)), key: (3, 2)))!
    #expect(Self.fault(Self.block([forged])) != nil)
    #expect(Self.fault(Self.block([Signers.evidence(5), Signers.evidence(6), forged])) != nil)
    #expect(Self.fault(Self.block([Signers.evidence(5)]), chain: .zero) != nil)
  }

  @Test("A signer beyond the epoch's validators is not valid; one beyond all is not even read")
  func strangers() throws {
    func evidence(by signer: Int) -> Evidence {
      Evidence(
        Signers.vote(.notarize(Signers.block(1)), by: signer, key: (3, 1)),
        Signers.vote(.notarize(Signers.block(2)), by: signer, key: (3, 1)))!
    }
    let stranger = Self.block([evidence(by: 4)])
    #expect(try Block(cbor: stranger.cbor) == stranger)
    #expect(Self.fault(stranger) != nil)
    let nobody = Self.block([evidence(by: 31)])
    #expect(throws: CBORError.self) { try Block(cbor: nobody.cbor) }
    #expect(Self.fault(nobody) != nil)
  }

  @Test("The header commits to the documents and to the evidence")
  func roots() throws {
    let block = Self.block([Signers.evidence(5), Signers.evidence(6)])
    #expect(!Block(header: block.header, documents: block.documents).matchesHeader)
    #expect(!Block(header: block.header, documents: block.documents, evidence: [Signers.evidence(5)]).matchesHeader)
    #expect(!Block(header: block.header, documents: [[1]], evidence: block.evidence).matchesHeader)
    let plain = Self.block([])
    #expect(plain.header.evidenceRoot == MerkleTree.root(of: []))
    #expect(block.header.evidenceRoot == MerkleTree.root(of: [Signers.evidence(5).cbor, Signers.evidence(6).cbor]))
    #expect(plain.digest != block.digest)
    #expect(try Header(cbor: block.header.cbor) == block.header)
  }

  @Test("Each changed byte of a block is an error, or another block that is written just so")
  func changedBytes() {
    let block = Self.block([Signers.evidence(5), Signers.evidence(6)])
    let bytes = block.cbor
    for index in bytes.indices {
      for change: UInt8 in [0x01, 0x20, 0x80, 0xff] {
        var altered = bytes
        altered[index] ^= change
        guard let other = try? Block(cbor: altered) else { continue }
        #expect(other != block && other.cbor == altered, "byte \(index)")
        let isSound = other.digest == block.digest && other.matchesHeader
        #expect(!isSound, "byte \(index) changes what no digest covers")
      }
    }
  }
}
