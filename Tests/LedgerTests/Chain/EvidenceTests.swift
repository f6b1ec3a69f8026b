import Ledger
import Sodium
import Testing

@Suite("C-15: evidence is two votes of one validator that no honest validator signs together")
struct EvidenceTests {
  /// Every kind of evidence, each as its two subjects in order.
  static var offences: [[VoteSubject]] {
    let blocks = [Signers.block(1), Signers.block(2)].sorted { $0.payload < $1.payload }
    return [
      blocks.map { .notarize($0) }, blocks.map { .finalize($0) },
      [.notarize(Signers.block(1, on: 5)), .notarize(Signers.block(1, on: 6))],
      [.nullify(view: 7), .finalize(Signers.block(1))],
    ]
  }

  static var pardonable: [[VoteSubject]] {
    [
      [.notarize(Signers.block(1)), .notarize(Signers.block(1))],
      [.notarize(Signers.block(1)), .finalize(Signers.block(2))],
      [.notarize(Signers.block(1)), .nullify(view: 7)], [.nullify(view: 7), .nullify(view: 7)],
      [.notarize(Signers.block(1)), .notarize(Signers.block(2, in: 8))],
      [.nullify(view: 7), .finalize(Signers.block(1, in: 8))],
    ]
  }

  @Test("One offence has one form, in whatever order its votes came", arguments: offences)
  func form(subjects: [VoteSubject]) throws {
    let (a, b) = (Signers.vote(subjects[0]), Signers.vote(subjects[1]))
    let evidence = try #require(Evidence(a, b))
    #expect(Evidence(b, a) == evidence && evidence.first == a && evidence.second == b)
    #expect(evidence.offence == Offence(epoch: 3, view: 7, signer: 1))
    #expect(try Evidence(cbor: evidence.cbor) == evidence)
    #expect(throws: CBORError.self, "votes in the other order") { try Evidence(cbor: [0x82] + b.cbor + a.cbor) }
  }

  @Test("Votes that an honest validator may sign are no evidence", arguments: pardonable)
  func innocent(subjects: [VoteSubject]) {
    let (a, b) = (Signers.vote(subjects[0]), Signers.vote(subjects[1]))
    #expect(Evidence(a, b) == nil && Evidence(b, a) == nil)
    #expect(throws: CBORError.self) { try Evidence(cbor: [0x82] + a.cbor + b.cbor) }
  }

  @Test("Votes of two validators, or of two epochs, are no evidence")
  func others() {
    let vote = Signers.vote(.notarize(Signers.block(1)))
    #expect(Evidence(vote, Signers.vote(.notarize(Signers.block(2)), by: 2)) == nil)
    #expect(Evidence(vote, Signers.vote(.notarize(Signers.block(2)), epoch: 2)) == nil)
    #expect(Evidence(vote, Signers.vote(.notarize(Signers.block(2)))) != nil)
  }

  @Test("It holds when the accused key signed both votes, for this chain and in this epoch")
  func validity() throws {
    let evidence = Signers.evidence()
    #expect(evidence.isValid(for: Signers.set(3), chain: Signers.chain))
    #expect(!evidence.isValid(for: Signers.set(2), chain: Signers.chain))
    #expect(!evidence.isValid(for: Signers.set(3), chain: .zero))
    #expect(
      !evidence.isValid(for: ValidatorSet(epoch: 3, validators: [Signers.set(3).validators[0]]), chain: Signers.chain))
    for forged in 0..<2 {
      let votes = (0..<2).map {
        Signers.vote(.notarize(Signers.block(UInt8($0))), key: $0 == forged ? (3, 2) : nil)
      }
      let framed = try #require(Evidence(votes[0], votes[1]))
      #expect(!framed.isValid(for: Signers.set(3), chain: Signers.chain))
    }
  }

  @Test("Who else judges signatures is asked for each one, and believed")
  func otherChecking() {
    struct Credulous: SignatureChecking {
      let believes: Bool
      func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool { believes }
    }
    let forged = Evidence(
      Signers.vote(.notarize(Signers.block(1)), key: (3, 2)), Signers.vote(.notarize(Signers.block(2)), key: (3, 2)))!
    let votes = (0..<3).map { Signers.vote(.finalize(Signers.block(1)), by: $0, key: (2, 0)) }
    let certificate = Certificate(votes)!
    for believes in [true, false] {
      let checking = Credulous(believes: believes)
      #expect(forged.isValid(for: Signers.set(3), chain: Signers.chain, checking: checking) == believes)
      #expect(certificate.isValid(for: Signers.set(3), chain: Signers.chain, checking: checking) == believes)
      #expect(
        !Signers.vote(.nullify(view: 1), by: 9, key: (3, 0)).isSigned(
          by: Signers.set(3), chain: Signers.chain, checking: checking))
    }
    #expect(
      !forged.isValid(for: Signers.set(3), chain: Signers.chain)
        && !certificate.isValid(for: Signers.set(3), chain: Signers.chain))
  }

  @Test("Offences are in the order of epoch, view and validator")
  func order() {
    let offences = [(2, 9, 3), (3, 1, 3), (3, 7, 0), (3, 7, 1), (3, 256, 0)].map {
      Offence(epoch: $0.0, view: $0.1, signer: $0.2)
    }
    #expect(offences.reversed().sorted() == offences)
  }
}
