import Ledger
import Sodium
import Testing

@Suite("Evidence as a file that anyone can check")
struct EvidenceFileTests {
  static let file = EvidenceFile(chain: Signers.chain, evidence: Signers.evidence(), validators: Signers.set(3))!

  static func members(_ json: JSON) -> [JSON.Member] {
    if case .object(let members) = json { members } else { [] }
  }

  @Test("It says in words who signed what twice, and is read back", arguments: EvidenceTests.offences)
  func readable(subjects: [VoteSubject]) throws {
    let evidence = try #require(Evidence(Signers.vote(subjects[0]), Signers.vote(subjects[1])))
    let file = try #require(EvidenceFile(chain: Signers.chain, evidence: evidence, validators: Signers.set(3)))
    let json = try JSON.parse(Array(file.json.indented.utf8))
    #expect(EvidenceFile(json: json) == file)
    #expect(json["organisation"] == "member-1" && json["epoch"] == 3 && json["view"] == 7 && json["signer"] == 1)
    #expect(json["votes"]?.array?.map { $0["kind"] } == subjects.map { .string("\($0.kind)") })
    try file.verify(chain: Signers.chain, validators: Signers.set(3))
  }

  @Test("What a node adds is read over") func additions() {
    let more = JSON.object(Self.members(Self.file.json) + [.init("recordedAt", 17)])
    #expect(EvidenceFile(json: more) == Self.file)
  }

  @Test("A view beyond JSON's integers is shown as the largest, and read back from the votes")
  func farView() throws {
    let evidence = Signers.evidence(.max)
    let file = try #require(EvidenceFile(chain: Signers.chain, evidence: evidence, validators: Signers.set(3)))
    #expect(EvidenceFile(json: try JSON.parse(file.json.utf8)) == file)
  }

  @Test("A file that lacks a member, or shows another value than it proves, is not one")
  func altered() {
    let members = Self.members(Self.file.json)
    for (index, member) in members.enumerated() {
      var less = members
      less.remove(at: index)
      #expect(EvidenceFile(json: .object(less)) == nil, "without \(member.name)")
      var other = members
      other[index] = .init(member.name, "something else")
      #expect(EvidenceFile(json: .object(other)) == nil, "another \(member.name)")
    }
    let votes = Self.file.json["votes"]!.array!
    for wrong: [JSON] in [[votes[1], votes[0]], [votes[0]], [votes[0], votes[0]], votes + [votes[0]]] {
      let json = JSON.object(members.map { $0.name == "votes" ? .init("votes", .array(wrong)) : $0 })
      #expect(EvidenceFile(json: json) == nil)
    }
    #expect(EvidenceFile(json: "text") == nil && EvidenceFile(json: .array([])) == nil)
  }

  @Test("It is refused under another chain, other validators, or with a signature that is not the accused's")
  func refused() throws {
    #expect(throws: EvidenceFile.Fault.otherChain) { try Self.file.verify(chain: .zero, validators: Signers.set(3)) }
    #expect(throws: EvidenceFile.Fault.otherValidators) {
      try Self.file.verify(chain: Signers.chain, validators: Signers.set(2))
    }
    let forged = Evidence(
      Signers.vote(.notarize(Signers.block(1))), Signers.vote(.notarize(Signers.block(2)), key: (3, 2)))!
    let file = try #require(EvidenceFile(chain: Signers.chain, evidence: forged, validators: Signers.set(3)))
    #expect(throws: EvidenceFile.Fault.signatureInvalid) {
      try file.verify(chain: Signers.chain, validators: Signers.set(3))
    }
  }

  @Test("Validators that the writer made up frame nobody")
  func inventedValidators() throws {
    let invented = ValidatorSet(
      epoch: 3,
      validators: Signers.set(3).validators.enumerated().map { index, validator in
        let key = Signers.key(5, index).publicKey
        return Validator(organisation: validator.organisation, voteKey: key, transportKey: key)
      })
    let evidence = Evidence(
      Signers.vote(.notarize(Signers.block(1)), key: (5, 1)), Signers.vote(.notarize(Signers.block(2)), key: (5, 1)))!
    let file = try #require(EvidenceFile(chain: Signers.chain, evidence: evidence, validators: invented))
    try file.verify(chain: Signers.chain, validators: invented)
    #expect(throws: EvidenceFile.Fault.otherValidators) {
      try file.verify(chain: Signers.chain, validators: Signers.set(3))
    }
  }

  /// Epoch 3 follows epoch 2, as its validators finalized it; epoch 2 is the genesis of this network.
  static func epochs(to next: ValidatorSet = Signers.set(3), signedBy signers: [Int] = [0, 1, 2]) -> EpochProof {
    let header = Header(
      chain: Signers.chain, epoch: 2, height: 9, parent: .zero, time: 1, proposer: 0, documentsRoot: .zero,
      executed: Executed(height: 8, stateRoot: .zero, historyRoot: .zero), validators: Signers.set(2).digest,
      nextValidators: next.digest)
    let final = VoteSubject.finalize(Proposal(view: 9, parentView: 8, payload: header.digest))
    let certificate = Certificate(signers.map { Signers.vote(final, by: $0, epoch: 2) })!
    return EpochProof(links: [.init(header: header, certificate: certificate, next: next)])
  }

  @Test("The genesis is enough where the file proves the validators of a later epoch")
  func laterEpoch() throws {
    let file = EvidenceFile(
      chain: Signers.chain, evidence: Signers.evidence(), validators: Signers.set(3), epochs: Self.epochs())!
    #expect(EvidenceFile(json: try JSON.parse(file.json.utf8)) == file)
    try file.verify(chain: Signers.chain, genesis: Signers.set(2))
    #expect(throws: EvidenceFile.Fault.otherChain) { try file.verify(chain: .zero, genesis: Signers.set(2)) }
    let others = ValidatorSet(epoch: 2, validators: Signers.set(3).validators)
    #expect(throws: EvidenceFile.Fault.epochNotProved) { try file.verify(chain: Signers.chain, genesis: others) }
    #expect(throws: EvidenceFile.Fault.epochNotProved) {
      try Self.file.verify(chain: Signers.chain, genesis: Signers.set(2))
    }
    for epochs in [nil, Self.epochs()] {
      let early = EvidenceFile(
        chain: Signers.chain, evidence: Signers.evidence(epoch: 2), validators: Signers.set(2), epochs: epochs)!
      try early.verify(chain: Signers.chain, genesis: Signers.set(2))
    }
  }

  @Test("A proof of later validators that two of four signed, or that is of other validators, proves nothing")
  func unprovedEpoch() throws {
    let few = EvidenceFile(
      chain: Signers.chain, evidence: Signers.evidence(), validators: Signers.set(3),
      epochs: Self.epochs(signedBy: [0, 1]))!
    #expect(throws: EvidenceFile.Fault.epochNotProved) { try few.verify(chain: Signers.chain, genesis: Signers.set(2)) }
    let others = ValidatorSet(epoch: 3, validators: Signers.set(2).validators)
    let other = EvidenceFile(
      chain: Signers.chain, evidence: Signers.evidence(), validators: Signers.set(3), epochs: Self.epochs(to: others))!
    #expect(throws: EvidenceFile.Fault.otherValidators) {
      try other.verify(chain: Signers.chain, genesis: Signers.set(2))
    }
  }

  @Test("No file is made of evidence against somebody who is no validator of the epoch")
  func strangers() {
    #expect(EvidenceFile(chain: Signers.chain, evidence: Signers.evidence(epoch: 2), validators: Signers.set(3)) == nil)
    let few = ValidatorSet(epoch: 3, validators: [Signers.set(3).validators[0]])
    #expect(EvidenceFile(chain: Signers.chain, evidence: Signers.evidence(), validators: few) == nil)
  }
}
