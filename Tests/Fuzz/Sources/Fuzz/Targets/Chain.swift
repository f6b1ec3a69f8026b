import Consensus
import Ledger
import Sodium

extension FuzzTarget {
  /// Votes, certificates, blocks and what consensus says and keeps. Only q signatures of this network's validators make
  /// a certificate good, and none of them can be had by chance.
  static let chain = FuzzTarget(
    name: "chain", maximumBytes: 8192, seeds: { ChainExamples.types.seeds() }, bytes: extremes,
    attack: { ChainExamples.types.attack($0) })
}

enum ChainExamples {
  static let chain = ExampleNetwork.genesis.chain
  static let validators = ExampleNetwork.genesis.validators

  static let executed = Executed(height: 1, stateRoot: .zero, historyRoot: .zero)
  static let header = header(executed: executed, documents: [])

  static func header(executed: Executed, documents: [[UInt8]]) -> Header {
    Header(
      chain: chain, epoch: 0, height: 3, parent: chain, time: 1_750_000_000_000, proposer: 2,
      documentsRoot: Block.documentsRoot(documents), executed: executed, validators: validators.digest,
      nextValidators: validators.digest)
  }

  /// Late in a long life: numbers that take nine bytes, so that one changed byte leads to the ends of what they can be.
  static let lateHeader = Header(
    chain: chain, epoch: 1 << 60, height: 1 << 60, parent: chain, time: 1 << 60, proposer: 0, documentsRoot: .zero,
    executed: Executed(height: 1 << 60, stateRoot: .zero, historyRoot: .zero), validators: validators.digest,
    nextValidators: validators.digest)
  static let lateProposal = Proposal(view: 1 << 60, parentView: 1 << 59, payload: lateHeader.digest)

  static let proposal = Proposal(view: 5, parentView: 4, payload: header.digest)
  static let other = Proposal(view: 5, parentView: 3, payload: chain)

  static func vote(_ signer: Int, _ subject: VoteSubject) -> Vote {
    let key = ExampleNetwork.key("\(ExampleNetwork.validatorNames[signer])/vote")
    let signature = key.sign(subject.signingBytes(chain: chain, epoch: 0))
    return Vote(epoch: 0, signer: signer, subject: subject, signature: signature)
  }

  static func certificate(_ subject: VoteSubject) -> Certificate {
    guard let certificate = Certificate((0..<validators.quorum).map { vote($0, subject) }) else {
      fatalError("q votes for one subject make a certificate")
    }
    return certificate
  }

  static let evidence: Evidence = {
    guard let evidence = Evidence(vote(1, .notarize(proposal)), vote(1, .notarize(other))) else {
      fatalError("two votes in one view are an offence")
    }
    return evidence
  }()

  static let block: Block = {
    let documents = [[UInt8]("a.b.c".utf8), []]
    return Block(header: header(executed: executed, documents: documents), documents: documents)
  }()

  private static let lateRules: VotingRules = {
    var rules = VotingRules(epoch: 1 << 60)
    rules.record(.notarize(lateProposal))
    rules.record(.nullify(view: 1 << 61))
    return rules
  }()

  static let types = CodableTypes([
    CodableTypes.type(header, lateHeader) { _ = $0.digest },
    CodableTypes.type(block) { _ = Block.documentsRoot($0.documents) },
    CodableTypes.type(HistoryLeaf(height: 1, block: chain, stateRoot: .zero, outcomesRoot: .zero)),
    CodableTypes.type(validators) { set in
      demand(set.quorum + set.faults == set.count && set.leader(of: .max) < set.count)
    },
    CodableTypes.type(vote(0, .nullify(view: 7)), vote(1, .notarize(lateProposal)), vote(3, .finalize(proposal))) {
      vote in
      if vote.isSigned(by: validators, chain: chain) { demand(vote.epoch == 0 && vote.signer < validators.count) }
    },
    CodableTypes.type(certificate(.finalize(proposal)), certificate(.nullify(view: 2))) { certificate in
      demand(certificate.votes.count == certificate.signers.nonzeroBitCount, "a signer without a signature")
      guard certificate.isValid(for: validators, chain: chain) else { return }
      demand(
        Set(certificate.votes.map(\.signer)).count >= validators.quorum && certificate.epoch == 0, "too few signed")
      demand(Certificate(certificate.votes) == certificate)
    },
    CodableTypes.type(evidence) { evidence in
      demand(Evidence(evidence.second, evidence.first) == evidence, "one offence has two forms")
      _ = evidence.isValid(for: validators, chain: chain)
    },
    CodableTypes.type(
      Message.vote(vote(0, .notarize(proposal))), .certificate(certificate(.notarize(proposal))),
      .fetch(views: [1, .max]), .fetchNewestVote(of: 3, epoch: 1),
      .newestVote(
        of: 2, epoch: 0, vote(2, .nullify(view: 9)), finalization: certificate(.finalize(proposal)),
        entry: certificate(.nullify(view: 8)))
    ) { _ = $0.isAuthentic(for: validators, chain: chain) },
    CodableTypes.type(
      LogRecord.vote(vote(0, .nullify(view: 1))), .certificate(certificate(.nullify(view: 2))), .certified(proposal)
    ) { _ = $0.view },
    CodableTypes.type(VotingRules(), lateRules) { rules in
      var rules = rules
      rules.record(.notarize(proposal))
      demand(!rules.permits(.notarize(other)), "a second vote in one view")
    },
  ])
}
