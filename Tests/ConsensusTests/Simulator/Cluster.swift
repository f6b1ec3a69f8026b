import Consensus
import Ledger
import Sodium

/// A whole network of real machines in one thread and virtual time, driven by one seed.
final class Cluster {
  enum Event {
    case packet(Packet, from: Int, to: Int)
    case timer(Consensus.Timer, node: Int, life: Int)
    case verdict(Proposal, parent: Digest, node: Int, life: Int)
    case built(view: UInt64, payload: Digest, node: Int, life: Int)
    case restart(node: Int)
    case fault
  }

  struct Block {
    let parentView: UInt64
    let parent: Digest
    let isValid: Bool
    var height = 0
  }

  let count: Int
  let validators: ValidatorSet
  let genesis: Digest
  var generator: SeededGenerator
  var network: SimulatedNetwork
  var nodes: [SimulatedNode]
  var adversaries: [Int: any Adversary] = [:]
  var queue = EventQueue<Event>()
  var now: Int64 = 0
  /// Every body ever made; looked up, never walked through.
  var blocks: [Digest: Block] = [:]
  /// A hash of everything that happened: the same seed gives the same.
  var history: UInt64 = 0
  var faults = 0
  var crashPermille = 0
  var evidence: [Evidence] = []
  var alarms: [Alarm] = []
  /// In a test that loses or exchanges a disk the key meets votes that the disk does not know (C-23).
  var toleratesForeignVotes = false
  var problems: [String] = []
  var packetsSent = 0

  var agreement = Agreement()
  var votesPerKey = VotesPerKey()
  var replayEquality = ReplayEquality()
  let options: Options

  struct Options {
    var delta: Int64 = 100
    var maximumTimer: Int64 = 3_000
    var retryInterval: Int64 = 400
    var idleInterval: Int64 = 20_000
    var retention: UInt64 = 16
    var notYetPercent = 2
    var asksFirst = false
    /// The height of the epoch's last block (C-30); none in most tests.
    var boundary: Int?
  }

  init(count: Int, seed: UInt64, options: Options = Options()) {
    self.count = count
    self.options = options
    validators = SimulatedKey.validators(count)
    generator = SeededGenerator(seed: seed)
    network = SimulatedNetwork(count: count)
    genesis = .zero
    nodes = (0..<count).map { SimulatedNode(index: $0) }
  }

  var honest: [Int] { (0..<count).filter { adversaries[$0] == nil } }

  func configuration(_ index: Int) -> Machine.Configuration {
    Machine.Configuration(
      validators: validators, me: index, delta: options.delta, maximumTimer: options.maximumTimer,
      retryInterval: options.retryInterval, idleInterval: options.idleInterval, asksFirst: options.asksFirst,
      retention: options.retention)
  }

  func startAll() { for index in 0..<count where nodes[index].machine == nil { restart(index) } }

  /// Handles events until `until` says so or the time is over.
  func run(for duration: Int64, until done: () -> Bool = { false }) {
    let end = now + duration
    while problems.isEmpty, !done(), let next = queue.nextTime, next <= end, let (time, event) = queue.pop() {
      now = time
      handle(event)
    }
    if problems.isEmpty && !done() { now = end }
  }

  private func handle(_ event: Event) {
    switch event {
    case .packet(let packet, let from, let to): receive(packet, from: from, at: to)
    case .timer(let timer, let node, let life):
      if isAlive(node, life) { turn(node, .timer(timer)) }
    case .verdict(let proposal, let parent, let node, let life):
      if isAlive(node, life) { answer(proposal, parent, at: node) }
    case .built(let view, let payload, let node, let life):
      guard isAlive(node, life) else { return }
      nodes[node].disk.bodies.insert(payload)
      turn(node, .built(view: view, payload: payload))
    case .restart(let node): if nodes[node].machine == nil { restart(node) }
    case .fault: strike()
    }
  }

  private func isAlive(_ node: Int, _ life: Int) -> Bool { nodes[node].machine != nil && nodes[node].life == life }

  func note(_ values: UInt64...) {
    for value in values { history = mix(history ^ value) }
  }

  func fail(_ problem: String) { problems.append("at \(now) ms: \(problem)") }

  // MARK: The shell

  /// C-20: step, write, one sync, and only then votes and messages leave. A crash may come in between.
  func turn(_ node: Int, _ input: Input) {
    var inputs = [input]
    var next = 0
    while next < inputs.count {
      guard var machine = nodes[node].machine else { return }
      nodes[node].machine = nil
      let actions = machine.handle(inputs[next])
      nodes[node].machine = machine
      next += 1
      note(UInt64(now), UInt64(node), UInt64(actions.count), machine.currentView, machine.floor.view)
      var signed: [Vote] = []
      for action in actions {
        switch action {
        case .persist(let record): nodes[node].disk.append(record)
        case .sign(let subject):
          let vote = SimulatedKey.vote(subject, by: node)
          if !(nodes[node].disk.signState?.permits(subject) ?? true) {
            fail("the sign-state file of \(node) forbids \(subject)")
          }
          nodes[node].disk.append(.vote(vote))
          signed.append(vote)
        default: break
        }
      }
      if nodes[node].disk.hasUnsynced {
        if crashes() { return crash(node) }
        nodes[node].disk.sync(machine.rules)
        nodes[node].finalizedAtSync = machine.floor.view
        if crashes() { return crash(node) }
      }
      for action in actions {
        perform(action, at: node)
        if nodes[node].machine == nil { return }
      }
      for vote in signed {
        if adversaries[node] == nil, let problem = votesPerKey.record(vote) { fail(problem) }
        inputs.append(.signed(vote))
      }
      if let problem = BoundedMemory.check(machine) { fail(problem) }
    }
    if generator.below(500) == 0, let machine = nodes[node].machine {
      if let problem = check(machine, nodes[node].disk, at: node) { fail(problem) }
      nodes[node].disk.prune(below: machine.logFloor)
    }
  }

  /// The log alone must give the rules back; only where the key has foreign votes, the sign-state file must help.
  private func check(_ machine: Machine, _ disk: SimulatedDisk, at node: Int) -> String? {
    let file = toleratesForeignVotes ? machine.rules : VotingRules()
    return replayEquality.check(machine, disk, configuration(node), signState: file)
  }

  private func crashes() -> Bool { crashPermille > 0 && generator.below(10_000) < crashPermille }

  private func perform(_ action: Action, at node: Int) {
    switch action {
    case .persist, .sign: break
    case .broadcast(let message):
      for peer in 0..<count where peer != node { send(.message(message), from: node, to: peer) }
      if crashes() { crash(node) }
    case .send(let message, let peer): send(.message(message), from: node, to: peer)
    case .build(let view, let parentView, let parent): build(view, on: parentView, parent, at: node)
    case .verify(let proposal, let parent, _):
      if nodes[node].disk.bodies.contains(proposal.payload) {
        verify(proposal, parent, at: node)
      } else if nodes[node].waiting.count < 64 {
        nodes[node].waiting.append(SimulatedNode.Waiting(proposal: proposal, parent: parent))
      }
    case .fetchBody(let payload, let peer):
      if !nodes[node].disk.bodies.contains(payload) { send(.fetchBody(payload), from: node, to: peer) }
    case .arm(let timer, let delay):
      queue.push(.timer(timer, node: node, life: nodes[node].life), at: now + delay)
    case .evidence(let evidence): self.evidence.append(evidence)
    case .finalized(let proposals, let certificate):
      take(SimulatedDisk.Batch(blocks: proposals, finalization: certificate), at: node)
    case .behind:
      let after = nodes[node].machine!.floor.view
      send(.fetchBlocks(after: after), from: node, to: generator.below(count))
    case .alarm(let alarm):
      alarms.append(alarm)
      if case .keyUsedElsewhere = alarm, toleratesForeignVotes { break }
      if adversaries[node] == nil { fail("alarm of \(node): \(alarm)") }
    }
  }

  private func take(_ batch: SimulatedDisk.Batch, at node: Int) {
    let floor = nodes[node].disk.floor(genesis: genesis)
    for block in batch.blocks where !nodes[node].disk.bodies.contains(block.payload) {
      fail("\(node) finalized view \(block.view) without its body")
    }
    if adversaries[node] == nil,
      let problem = agreement.record(batch, after: floor, height: nodes[node].disk.height, by: node)
    {
      fail(problem)
    }
    nodes[node].disk.finalize(batch)
  }

  func isBoundary(_ payload: Digest) -> Bool {
    options.boundary.map { $0 == blocks[payload]?.height } ?? false
  }

  private func build(_ view: UInt64, on parentView: UInt64, _ parent: Digest, at node: Int) {
    if isBoundary(parent) {
      // C-31
      return queue.push(.built(view: view, payload: parent, node: node, life: nodes[node].life), at: now)
    }
    let words = (generator.next(), generator.next(), view, UInt64(node))
    let payload = Digest { memory in withUnsafeBytes(of: words) { memory.copyMemory(from: $0) } }
    let height = (blocks[parent]?.height ?? 0) + 1
    blocks[payload] = Block(parentView: parentView, parent: parent, isValid: true, height: height)
    for peer in 0..<count where peer != node { send(.body(payload), from: node, to: peer) }
    let delay = Int64(generator.below(10))
    queue.push(.built(view: view, payload: payload, node: node, life: nodes[node].life), at: now + delay)
  }

  private func verify(_ proposal: Proposal, _ parent: Digest, at node: Int) {
    let delay = Int64(generator.percent(70) ? 0 : generator.below(60))
    queue.push(.verdict(proposal, parent: parent, node: node, life: nodes[node].life), at: now + delay)
  }

  private func answer(_ proposal: Proposal, _ parent: Digest, at node: Int) {
    let verdict: Verdict
    if generator.percent(options.notYetPercent) {
      verdict = .notYet
    } else {
      let block = blocks[proposal.payload]
      let stands = isBoundary(parent) ? proposal.payload == parent : block?.parent == parent
      verdict = stands && block?.isValid ?? false ? .valid : .invalid
    }
    turn(node, .verdict(proposal, verdict))
  }

  // MARK: The wire

  func send(_ packet: Packet, from: Int, to: Int) {
    guard from != to, to >= 0, to < count else { return }
    guard let adversary = adversaries[from] else { return transmit(packet, from: from, to: to) }
    for packet in adversary.rewrite(packet, to: to, in: self) { transmit(packet, from: from, to: to) }
  }

  func transmit(_ packet: Packet, from: Int, to: Int) {
    packetsSent += 1
    let (first, second) = network.delays(of: packet.kind, from: from, to: to, &generator)
    if let first { queue.push(.packet(packet, from: from, to: to), at: now + first) }
    if let second { queue.push(.packet(packet, from: from, to: to), at: now + second) }
  }

  private func receive(_ packet: Packet, from: Int, at node: Int) {
    guard let machine = nodes[node].machine else { return }
    switch packet {
    case .message(let message):
      guard machine.wants(message) else {
        if case .vote(let vote) = message { turn(node, .unwanted(view: vote.subject.view, from: from)) }
        return
      }
      guard isAuthentic(message) else { return }
      turn(node, .message(message, from: from))
    case .body(let payload):
      guard nodes[node].disk.bodies.insert(payload).inserted else { return }
      for waiting in nodes[node].waiting where waiting.proposal.payload == payload {
        verify(waiting.proposal, waiting.parent, at: node)
      }
      nodes[node].waiting.removeAll { $0.proposal.payload == payload }
    case .fetchBody(let payload):
      if nodes[node].disk.bodies.contains(payload) { send(.body(payload), from: node, to: from) }
    case .fetchBlocks(let after):
      let batches = nodes[node].disk.batches
      // From the batch that begins on that very view; another cut is of no use.
      guard let first = batches.firstIndex(where: { $0.blocks[0].parentView <= after && $0.blocks.last!.view > after })
      else { return }
      send(.blocks(Array(batches[first...].prefix(16))), from: node, to: from)
    case .blocks(let batches): adopt(batches, at: node)
    }
  }

  private func isAuthentic(_ message: Message) -> Bool {
    switch message {
    case .vote(let vote): SimulatedKey.isGood(vote)
    case .certificate(let certificate): SimulatedKey.isGood(certificate)
    case .fetch, .fetchNewestVote: true
    case .newestVote(_, _, let vote, let certificate, let entry):
      (vote.map(SimulatedKey.isGood) ?? true) && (certificate.map(SimulatedKey.isGood) ?? true)
        && (entry.map(SimulatedKey.isGood) ?? true)
    }
  }

  private func adopt(_ batches: [SimulatedDisk.Batch], at node: Int) {
    for batch in batches {
      let floor = nodes[node].disk.floor(genesis: genesis)
      let blocks = Array(batch.blocks.drop { $0.view <= floor.view })
      guard let first = blocks.first, first.parentView == floor.view, nodes[node].machine != nil else { continue }
      for block in blocks { nodes[node].disk.bodies.insert(block.payload) }
      take(SimulatedDisk.Batch(blocks: blocks, finalization: batch.finalization), at: node)
      turn(node, .finalizedElsewhere(batch.finalization))
    }
  }

  // MARK: Crash and restart

  func crash(_ node: Int) {
    guard nodes[node].machine != nil else { return }
    faults += 1
    note(0xdead, UInt64(node))
    nodes[node].machine = nil
    nodes[node].life += 1
    nodes[node].waiting = []
    nodes[node].disk.crash(keeping: generator.below(3))
    queue.push(.restart(node: node), at: now + Int64(generator.within(50...3_000)))
  }

  func restart(_ node: Int) {
    let disk = nodes[node].disk
    let machine = Machine(
      configuration: configuration(node), replaying: disk.log, floor: disk.floor(genesis: genesis),
      signState: disk.signState)
    note(0xbeef, UInt64(node), machine.currentView)
    nodes[node].machine = machine
    turn(node, .start)
    if adversaries[node] == nil, let problem = NothingLost.check(nodes[node], genesis: genesis) { fail(problem) }
    reconnect(node)
  }

  func reconnect(_ node: Int) {
    for peer in 0..<count where peer != node && nodes[peer].machine != nil {
      turn(node, .peerConnected(peer))
      turn(peer, .peerConnected(node))
    }
  }
}
