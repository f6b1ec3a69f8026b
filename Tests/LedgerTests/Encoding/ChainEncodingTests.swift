import Ledger
import Sodium
import Testing

@Suite("Encoding of votes, certificates and validators")
struct ChainEncodingTests {
  static let proposal = Proposal(view: 300, parentView: 298, payload: Digest(.block, of: [1]))
  static let subjects: [VoteSubject] = [.notarize(proposal), .nullify(view: 7), .finalize(proposal)]

  static func signature(_ byte: UInt8) -> Signature { Signature([UInt8](repeating: byte, count: 64))! }
  static func key(_ byte: UInt8) -> PublicKey { PublicKey([UInt8](repeating: byte, count: 32))! }

  static let validators = ValidatorSet(
    epoch: 70_000,
    validators: (1...4).map { Validator(organisation: "member-\($0)", voteKey: key($0), transportKey: key($0 + 100)) })

  static func votes(_ subject: VoteSubject) -> [Vote] {
    [0, 2, 30].map { Vote(epoch: 2, signer: $0, subject: subject, signature: signature(UInt8($0))) }
  }

  /// One value has one encoding: whatever is read is written again to the very bytes it was read from.
  private func check<T: CBORCodable & Equatable>(_ value: T) throws {
    let bytes = value.cbor
    #expect(try T(cbor: bytes) == value)
    for count in bytes.indices {
      #expect(throws: CBORError.self) { try T(cbor: Array(bytes.prefix(count))) }
    }
    #expect(throws: CBORError.self) { try T(cbor: bytes + [0]) }
    for place in bytes.indices {
      for bit in 0..<8 {
        var altered = bytes
        altered[place] ^= 1 << UInt8(bit)
        guard let other = try? T(cbor: altered) else { continue }
        #expect(other != value, "byte \(place) bit \(bit)")
        #expect(other.cbor == altered, "byte \(place) bit \(bit)")
      }
    }
  }

  @Test("votes", arguments: subjects)
  func votes(subject: VoteSubject) throws {
    for vote in Self.votes(subject) { try check(vote) }
  }

  @Test("certificates", arguments: subjects)
  func certificates(subject: VoteSubject) throws {
    let votes = Self.votes(subject)
    let certificate = try #require(Certificate(votes.reversed()))
    #expect(certificate.votes == votes)
    try check(certificate)
  }

  @Test("validator sets") func validatorSets() throws { try check(Self.validators) }

  @Test("what the structures do not allow is refused")
  func invalidValues() throws {
    func refuses<T: CBORCodable>(_ value: T) -> Bool { (try? T(cbor: value.cbor)) == nil }
    let signature = Self.signature(1)
    #expect(refuses(Proposal(view: 3, parentView: 3, payload: .zero)))
    #expect(refuses(Vote(epoch: 0, signer: 31, subject: .nullify(view: 1), signature: signature)))
    #expect(refuses(Certificate(epoch: 0, subject: .nullify(view: 1), signers: 0b11, signatures: [signature])))
    #expect(refuses(Certificate(epoch: 0, subject: .nullify(view: 1), signers: 1 << 31, signatures: [signature])))
    #expect(refuses(ValidatorSet(epoch: 0, validators: [])))
    let many = (0..<32).map { _ in Validator(organisation: "m", voteKey: Self.key(1), transportKey: Self.key(2)) }
    #expect(refuses(ValidatorSet(epoch: 0, validators: many)))
    #expect(!refuses(ValidatorSet(epoch: 0, validators: Array(many.dropLast()))))
    let long = String(repeating: "x", count: 65)
    #expect(refuses(Validator(organisation: long, voteKey: Self.key(1), transportKey: Self.key(2))))
    #expect(throws: CBORError.self) { try VoteSubject(cbor: [0x82, 0x00, 0x01]) }
    #expect(throws: CBORError.self) { try VoteSubject(cbor: [0x82, 0x04, 0x01]) }
  }

  @Test("votes that disagree or repeat a signer make no certificate")
  func noCertificate() {
    let votes = Self.votes(.nullify(view: 7))
    #expect(Certificate([]) == nil)
    #expect(Certificate(votes + [votes[1]]) == nil)
    #expect(
      Certificate(votes + [Vote(epoch: 2, signer: 5, subject: .nullify(view: 8), signature: Self.signature(5))]) == nil)
    #expect(
      Certificate(votes + [Vote(epoch: 3, signer: 5, subject: .nullify(view: 7), signature: Self.signature(5))]) == nil)
  }

  @Test("every domain is another hash function, with a personal parameter of its own")
  func domains() {
    let digests = Set(Domain.allCases.map { Digest($0, of: [1, 2, 3]) })
    #expect(digests.count == Domain.allCases.count)
    #expect(Domain.allCases.allSatisfy { $0.rawValue.utf8.count == 7 })
    for domain in Domain.allCases {
      let expected = [UInt8]([1, 2, 3]).withUnsafeBytes { bytes in
        Array("lianrong/\(domain.rawValue)".utf8).withUnsafeBytes { blake2b(bytes, personal: $0) }
      }
      #expect(Digest(domain, of: [1, 2, 3]) == expected)
    }
  }
}
