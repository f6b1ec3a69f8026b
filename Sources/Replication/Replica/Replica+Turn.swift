import Consensus
import Ledger
import LedgerStore
import Sodium

/// C-20: take inputs, step, append, one fsync, and only then let votes out.
extension Replica {
  /// Takes an input into the next turn; many that come close together share one fsync.
  func feed(_ input: Input) {
    guard !hasStopped else { return }
    inbox.append(input)
    guard !turnIsScheduled else { return }
    turnIsScheduled = true
    host.wake(.turn, in: 0)
  }

  func turn() {
    turnIsScheduled = false
    let start = ContinuousClock.now
    do {
      while !inbox.isEmpty, !hasStopped {
        let inputs = inbox
        inbox = []
        for input in inputs {
          let before = machine.rules
          for action in machine.handle(input) { try collect(action, rulesBefore: before) }
        }
        if logHasUnsynced { try sync() }
        release()
        updateIdle()
      }
    } catch let failure as StorageFailure {
      fail(.storage(failure.message))
    } catch {
      fail(.damaged("\(error)"))
    }
    stages.add(.consensus, since: start)
  }

  /// What must be durable goes to the log now; what others may see waits for the fsync.
  private func collect(_ action: Action, rulesBefore: VotingRules) throws {
    switch action {
    case .persist(let record):
      try append(.record(record, epoch: epoch.number))
    case .sign(let subject):
      if signer.rules == nil, machine.voting == .normal {
        // C-23: a finalization above every vote that this key may have signed makes it safe to vote again.
        var safe = rulesBefore
        safe.close(through: machine.finalizedView)
        try signer.restore(safe)
      }
      guard let vote = signer.sign(subject) else {
        return fail(.alarm("the sign state forbids a vote in view \(subject.view) that the log does not know"))
      }
      try append(.record(.vote(vote), epoch: epoch.number))
      inbox.append(.signed(vote))
    default:
      outbox.append(action)
    }
  }

  func append(_ entry: LogEntry) throws(StorageFailure) {
    logPositions.append(entry.place(try log.append(entry.bytes)))
    logHasUnsynced = true
  }

  private func sync() throws(StorageFailure) {
    logHasUnsynced = false
    try stages.measure(.log) { () throws(StorageFailure) in
      try log.sync()
      try signer.sync()
    }
  }

  private func release() {
    let actions = outbox
    outbox = []
    for action in actions where !hasStopped { perform(action) }
  }

  private func perform(_ action: Action) {
    switch action {
    case .persist, .sign: break
    case .broadcast(let message): host.broadcast(message.cbor, on: .consensus)
    case .send(let message, let peer): send(message.cbor, on: .consensus, to: peer)
    case .build(let view, let parentView, let parent): build(view: view, parentView: parentView, parent: parent)
    case .verify(let proposal, let parent, let purpose):
      verify(Verification(proposal: proposal, parent: parent, purpose: purpose))
    case .fetchBody(let digest, let peer): fetchBody(digest, from: peer)
    case .arm(let timer, let milliseconds): arm(timer, milliseconds)
    case .evidence(let evidence): take(evidence)
    case .finalized(let proposals, let certificate): finalize(proposals, certificate)
    case .behind(let certificate): catchUp(to: certificate)
    case .alarm(let alarm): raise(alarm)
    }
  }

  private func raise(_ alarm: Alarm) {
    switch alarm {
    case .invalidBlockNotarized(let proposal):
      fail(.diverged("a quorum notarized the block of view \(proposal.view), which is invalid here"))
    case .conflictingCertificates(let view):
      fail(.alarm("two certificates of view \(view) exclude each other: more than f validators misbehave"))
    case .keyUsedElsewhere(let vote):
      host.log(.error, "this validator's key signed a vote elsewhere", ["view": "\(vote.subject.view)"])
      do {
        try signer.distrust()
      } catch {
        fail(.storage("\(error)"))
      }
    }
  }

  private func arm(_ timer: Consensus.Timer, _ milliseconds: Int64) {
    armings += 1
    timers[timer.kind] = armings
    if milliseconds > 0 { host.wake(.timer(timer, armings), in: milliseconds) } else { feed(.timer(timer)) }
  }

  /// C-14: quiet only when nothing waits and the newest documents' result is attested in a finalized header.
  func updateIdle() {
    let idle = pool.isEmpty && newestWithDocuments <= attested
    guard idle != lastIdle else { return }
    lastIdle = idle
    feed(.idle(idle))
  }

  /// Lets go of log segments that neither the machine nor execution needs any more.
  func pruneLog() {
    let floor = min(machine.logFloor, chain.head.view)
    let passed = logPositions.prefix { $0.epoch < epoch.number || $0.epoch == epoch.number && $0.view < floor }.count
    guard passed > 0, passed < logPositions.count else { return }
    logPositions.removeFirst(passed)
    do throws(StorageFailure) {
      try log.discard(before: logPositions[0].position)
    } catch {
      fail(.storage(error.message))
    }
  }
}
