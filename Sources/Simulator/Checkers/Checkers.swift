import Consensus
import Contracts
import Ledger
import Replication
import Sodium

/// All that is looked at while a world runs. Each checker is a value in a file of its own and answers what it found, or
/// nil.
struct Checkers {
  private(set) var agreement = Agreement()
  private var stateRoots = StateRoots()
  private var votes = VotesPerKey()
  private var certificates: Certificates
  private var replay = ReplayEquality()
  private var proofs = Proofs()
  private var lag: ExecutionLag
  private var traffic: Traffic
  private(set) var proofsMade = 0
  private var turns = 0

  init(_ genesis: Genesis) {
    certificates = Certificates(genesis)
    lag = ExecutionLag(limit: genesis.parameters.executionLag)
    traffic = Traffic(validators: genesis.validators.count)
  }

  private func tell(_ cluster: Cluster, _ checker: String, _ finding: String?) {
    if let finding { cluster.report(checker, finding) }
  }

  mutating func finalized(_ block: FinalizedBlock, by node: SimulatedNode, _ cluster: Cluster) {
    tell(cluster, "agreement", agreement.record(block, by: node.index))
    tell(cluster, "lag", lag.check(block))
    tell(cluster, "state", stateRoots.check(block))
    tell(cluster, "evidence", HonestAccused.check(block, cluster))
  }

  mutating func executed(
    _ head: ChainHead, _ outcomes: [OutcomeRecord], by node: SimulatedNode, _ cluster: Cluster
  ) {
    tell(cluster, "agreement", agreement.record(head.block, at: head.height, by: node.index))
    tell(cluster, "state", stateRoots.record(head, outcomes, by: node.index))
    // By any of the last heights' documents, now and then.
    if head.height % 8 == UInt64(node.index) % 8, let record = outcomes.first {
      tell(cluster, "proof", proofs.check(record.document, at: node, cluster, isDue: false))
    }
  }

  mutating func sent(_ message: Message, by node: SimulatedNode, _ cluster: Cluster) {
    switch message {
    case .vote(let vote):
      guard vote.signer == cluster.place(of: node, in: vote.epoch), !node.keyIsTainted else { return }
      tell(cluster, "votes", votes.record(vote))
    case .certificate(let certificate): tell(cluster, "certificate", certificates.check(certificate, cluster))
    case .fetch, .fetchNewestVote, .newestVote: break
    }
  }

  mutating func started(_ node: SimulatedNode, _ cluster: Cluster) {
    tell(cluster, "lost", NothingLost.check(start: node))
  }

  mutating func turn(_ node: SimulatedNode, _ cluster: Cluster) {
    turns += 1
    if turns % 32 == 0 {
      tell(cluster, "memory", BoundedMemory.check(node))
      tell(cluster, "traffic", traffic.check(cluster))
    }
    if turns % 2_003 == 0, !node.keyIsTainted { tell(cluster, "replay", replay.check(node, cluster)) }
  }

  /// When the network is healed and everything accepted is executed.
  mutating func end(_ core: [SimulatedNode], _ cluster: Cluster) {
    for node in core {
      tell(cluster, "lost", NothingLost.check(end: node, cluster.clients))
      tell(cluster, "money", Conservation.check(node))
      tell(cluster, "replay", replay.check(node, cluster))
    }
    guard let node = core.first else { return }
    let documents = cluster.clients.executed.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    for (document, height) in documents.prefix(12) where height <= agreement.height {
      tell(cluster, "proof", proofs.check(document, at: node, cluster, isDue: true))
    }
    proofsMade = proofs.made
  }
}
