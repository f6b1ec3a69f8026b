import Consensus
import Ledger
import Sodium

/// One machine on a workbench: its votes are signed and logged at once, everything else is returned to the test.
struct Bench {
  private(set) var machine: Machine
  private(set) var log: [LogRecord] = []
  let configuration: Machine.Configuration

  init(
    _ me: Int?, of count: Int = 4, epoch: UInt64 = 0, signState: VotingRules? = VotingRules(), delta: Int64 = 100,
    asksFirst: Bool = false, replaying records: [LogRecord] = [], floor: Machine.Floor = Bench.genesis
  ) {
    configuration = Machine.Configuration(
      validators: SimulatedKey.validators(count, epoch: epoch), me: me, delta: delta, asksFirst: asksFirst,
      retention: 8)
    log = records
    machine = Machine(configuration: configuration, replaying: records, floor: floor, signState: signState)
  }

  var epoch: UInt64 { configuration.validators.epoch }

  static let genesis = Machine.Floor(view: 0, payload: .zero, finalization: nil)

  /// The same node after a crash, with what its log holds.
  mutating func restart(signState: VotingRules? = VotingRules()) {
    machine = Machine(configuration: configuration, replaying: log, floor: Bench.genesis, signState: signState)
  }

  @discardableResult
  mutating func step(_ input: Input) -> [Action] {
    var actions = machine.handle(input)
    var index = 0
    while index < actions.count {
      switch actions[index] {
      case .persist(let record): log.append(record)
      case .sign(let subject):
        let vote = SimulatedKey.vote(subject, by: configuration.me!, epoch: epoch)
        log.append(.vote(vote))
        actions += machine.handle(.signed(vote))
      default: break
      }
      index += 1
    }
    return actions
  }

  /// A peer's vote, through the same door as the shell's.
  @discardableResult
  mutating func hear(_ subject: VoteSubject, by signer: Int) -> [Action] {
    let vote = SimulatedKey.vote(subject, by: signer, epoch: epoch)
    guard machine.wants(vote) else { return step(.unwanted(view: subject.view, from: signer)) }
    return step(.message(.vote(vote), from: signer))
  }

  @discardableResult
  mutating func hear(_ certificate: Certificate, from peer: Int = 2) -> [Action] {
    guard machine.wants(certificate) else { return [] }
    return step(.message(.certificate(certificate), from: peer))
  }
}

func certificate(_ subject: VoteSubject, by signers: [Int], epoch: UInt64 = 0) -> Certificate {
  Certificate(signers.map { SimulatedKey.vote(subject, by: $0, epoch: epoch) })!
}

func payload(_ number: UInt8) -> Digest { Digest([UInt8](repeating: number, count: 32))! }

func proposal(_ view: UInt64, on parent: UInt64, _ number: UInt8? = nil) -> Proposal {
  Proposal(view: view, parentView: parent, payload: payload(number ?? UInt8(view % 251 + 1)))
}

extension [Action] {
  var signed: [VoteSubject] {
    compactMap { if case .sign(let subject) = $0 { subject } else { nil } }
  }
  var builds: [UInt64] { compactMap { if case .build(_, let parent, _) = $0 { parent } else { nil } } }
  var broadcasts: [Message] { compactMap { if case .broadcast(let message) = $0 { message } else { nil } } }
  var sends: [Message] { compactMap { if case .send(let message, _) = $0 { message } else { nil } } }
  var fetches: [[UInt64]] {
    compactMap { if case .send(.fetch(let views), _) = $0 { views } else { nil } }
  }
  var timers: [Consensus.Timer: Int64] {
    var timers: [Consensus.Timer: Int64] = [:]
    for case .arm(let timer, let delay) in self { timers[timer] = delay }
    return timers
  }
  var alarms: [Alarm] { compactMap { if case .alarm(let alarm) = $0 { alarm } else { nil } } }
  var evidence: [Evidence] { compactMap { if case .evidence(let evidence) = $0 { evidence } else { nil } } }
  var finalized: [Proposal] {
    flatMap { action in if case .finalized(let blocks, _) = action { blocks } else { [] as [Proposal] } }
  }
  var bytes: Int { (broadcasts + sends).reduce(0) { $0 + $1.cbor.count } }
}
