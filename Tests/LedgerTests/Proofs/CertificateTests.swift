import Ledger
import Sodium
import Testing

@Suite("P-1: a certificate is q good signatures of distinct validators, for one subject, chain and epoch")
struct CertificateTests {
  private static let chain = Digest(.genesis, of: [1])
  private static let proposal = Proposal(view: 7, parentView: 6, payload: Digest(.block, of: [7]))

  private static func key(_ index: Int) -> SigningKey {
    SigningKey(seed: SecretBytes(count: 32) { memory in for byte in 0..<32 { memory[byte] = UInt8(index + 1) } })!
  }

  private static let validators = ValidatorSet(
    epoch: 3,
    validators: (0..<4).map {
      Validator(organisation: "v\($0)", voteKey: key($0).publicKey, transportKey: key($0 + 10).publicKey)
    })

  private static func vote(
    _ signer: Int, _ subject: VoteSubject = .finalize(proposal), epoch: UInt64 = 3, chain: Digest = chain,
    key index: Int? = nil
  ) -> Vote {
    let signature = key(index ?? signer).sign(subject.signingBytes(chain: chain, epoch: epoch))
    return Vote(epoch: epoch, signer: signer, subject: subject, signature: signature)
  }

  private static func isValid(_ votes: [Vote]) -> Bool? {
    Certificate(votes)?.isValid(for: validators, chain: chain)
  }

  @Test("three of four are enough, two are not") func quorum() {
    #expect(Self.isValid([0, 1, 2].map { Self.vote($0) }) == true)
    #expect(Self.isValid([0, 1, 2, 3].map { Self.vote($0) }) == true)
    #expect(Self.isValid([0, 3].map { Self.vote($0) }) == false)
  }

  @Test("a repeated signer does not make a certificate") func repeated() {
    #expect(Certificate([0, 1, 1].map { Self.vote($0) }) == nil)
    #expect(Certificate([]) == nil)
  }

  @Test("votes of another subject, epoch, chain or key do not count") func others() {
    #expect(Certificate([Self.vote(0), Self.vote(1), Self.vote(2, .notarize(Self.proposal))]) == nil)
    #expect(Self.isValid([0, 1, 2].map { Self.vote($0, epoch: 4) }) == false)
    #expect(Self.isValid([0, 1, 2].map { Self.vote($0, chain: Digest(.genesis, of: [2])) }) == false)
    #expect(Self.isValid([Self.vote(0), Self.vote(1), Self.vote(2, key: 3)]) == false)
  }

  @Test("a signer beyond the validators does not count") func beyond() {
    #expect(Self.isValid([Self.vote(0), Self.vote(1), Self.vote(9, key: 2)]) == false)
  }

  @Test("each flipped byte of its encoding is noticed") func flips() throws {
    let certificate = try #require(Certificate([0, 1, 2].map { Self.vote($0) }))
    for index in certificate.cbor.indices {
      var bytes = certificate.cbor
      bytes[index] ^= 1
      if let altered = try? Certificate(cbor: bytes) {
        #expect(!altered.isValid(for: Self.validators, chain: Self.chain), "byte \(index)")
      }
    }
  }
}
