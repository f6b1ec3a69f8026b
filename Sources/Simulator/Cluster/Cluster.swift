import Consensus
import Contracts
import Ledger
import LedgerStore
import Replication
import Sodium

/// A whole network of real nodes in one thread and virtual time, driven by one seed.
final class Cluster {
  enum Event {
    case parcel(Parcel, from: Int, to: Int)
    case wake(Replica.Wake, node: Int, life: Int)
    case work(WorkBox, node: Int, life: Int)
    case connect(node: Int, peer: Int)
    case restart(node: Int)
    case client
    case fault
    case scheme(node: Int)
    case resume(node: Int)
  }

  let options: Options
  let library: Library
  /// How many validators there are; twins come on top.
  let validators: Int
  let peers: [PublicKey: Int]
  let stages = Stages()
  let checking: any SignatureChecking
  var generator: SeededGenerator
  var network: VirtualNetwork
  private(set) var nodes: [SimulatedNode] = []
  /// Nodes that share a validator's keys.
  private(set) var twins: Set<Int> = []
  private var nodesOf: [[Int]] = []
  private var queue = EventQueue<Event>()
  private(set) var now: Int64 = 0
  var trace: ((String) -> Void)?

  /// A hash of everything that happened: the same seed gives the same.
  private(set) var history: UInt64 = 0
  private(set) var events = 0
  private(set) var parcels = 0
  private(set) var parcelBytes = 0
  var faults = FaultCounts()
  var episode = Episode()
  var isStriking = false
  private(set) var finding: Finding?
  var snapshotsTaken = 0
  private var epochs: UInt64 = 0
  var validatorSets: [UInt64: ValidatorSet] = [:]

  var clients: Clients
  var checkers: Checkers

  init(_ options: Options, library: Library) {
    self.options = options
    self.library = library
    validators = options.nodes
    let places = library.genesis.validators.validators.enumerated().map { ($1.transportKey, $0) }
    peers = Dictionary(uniqueKeysWithValues: places)
    checking = options.planted?.checking ?? KeyedHashes()
    var generator = SeededGenerator(seed: options.seed &* 0x1234_5677 &+ UInt64(options.nodes))
    let hasTwins = options.has(.twins) && generator.percent(8)
    let count = options.nodes + (hasTwins ? 1 : 0)
    network = VirtualNetwork(count: count)
    clients = Clients(library, changes: options.has(.validatorChange) && generator.percent(30), &generator)
    checkers = Checkers(library.genesis)
    let original = generator.below(options.nodes)
    self.generator = generator
    nodesOf = (0..<options.nodes).map { [$0] }
    nodes = (0..<options.nodes).map { SimulatedNode($0, validator: $0, in: self) }
    if hasTwins {
      nodes.append(SimulatedNode(options.nodes, validator: original, in: self))
      nodesOf[original].append(options.nodes)
      twins = [original, options.nodes]
      faults.add(.twins)
    }
  }

  /// How many validators may lie or lose their disks.
  var faulty: Int { (validators - 1) / 3 }
  var honest: [SimulatedNode] { nodes.filter(\.isHonest) }

  // MARK: Time

  func schedule(_ event: Event, in delay: Int64) { queue.push(event, at: now + max(0, delay)) }

  /// Handles events until `done` or the time is over.
  func run(for duration: Int64, until done: () -> Bool = { false }) {
    let end = now + duration
    while finding == nil, !done(), let next = queue.nextTime, next <= end, let (time, event) = queue.pop() {
      if time != now {
        now = time
        for node in nodes { node.clock.now = time }
      }
      events += 1
      handle(event)
    }
    if finding == nil, !done() { now = max(now, end) }
  }

  func note(_ a: UInt64, _ b: UInt64, _ c: UInt64 = 0) {
    history = mix(history ^ a &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(bitPattern: now))
    history = mix(history ^ b ^ c &* 0xff51_afd7_ed55_8ccd)
  }

  func report(_ checker: String, _ message: String) {
    if finding == nil { finding = Finding(checker: checker, message: "at \(now) ms: \(message)") }
    trace?("\(now) FINDING \(checker): \(message)")
  }

  private func handle(_ event: Event) {
    switch event {
    case .parcel(let parcel, let from, let to): deliver(parcel, from: from, to: nodes[to], event)
    case .wake(let wake, let index, let life):
      guard let node = awake(index, life, event) else { return }
      note(1, UInt64(index))
      node.life?.replica.wake(wake)
      settle(node)
    case .work(let box, let index, let life):
      guard let node = awake(index, life, event) else { return }
      note(2, UInt64(index))
      perform(box.work, at: node)
      settle(node)
    case .connect(let index, let peer):
      let node = nodes[index]
      guard node.life != nil else { return }
      note(3, UInt64(index), UInt64(peer))
      node.life?.replica.connected(to: peer)
      settle(node)
    case .restart(let index):
      nodes[index].isRestarting = false
      restart(nodes[index])
    case .client: tend()
    case .fault: strike()
    case .scheme(let index): scheme(nodes[index])
    case .resume(let index): resume(nodes[index])
    }
  }

  /// The node for whom an event is meant, unless it has died since; a paused one gets it later.
  private func awake(_ index: Int, _ life: Int, _ event: Event) -> SimulatedNode? {
    let node = nodes[index]
    guard node.life != nil, node.lives == life else { return nil }
    return waits(node, event) ? nil : node
  }

  /// A paused process finds afterwards what has come meanwhile, in its order.
  private func waits(_ node: SimulatedNode, _ event: Event) -> Bool {
    guard node.pausedUntil > now || !node.deferred.isEmpty, !node.isResuming else { return false }
    if node.deferred.isEmpty { queue.push(.resume(node: node.index), at: node.pausedUntil) }
    node.deferred.append(event)
    return true
  }

  private func resume(_ node: SimulatedNode) {
    guard node.pausedUntil <= now else { return queue.push(.resume(node: node.index), at: node.pausedUntil) }
    let events = node.deferred
    node.deferred = []
    node.isResuming = true
    for event in events where finding == nil { handle(event) }
    node.isResuming = false
  }

  private func perform(_ work: Replica.Work, at node: SimulatedNode) {
    guard let replica = node.life?.replica else { return }
    replica.finished(options.planted?.result(of: work, at: node) ?? work.run())
  }

  /// After a node did something: has it failed, or lost its power, and do its books still hold?
  func settle(_ node: SimulatedNode) {
    guard let life = node.life else { return }
    if !node.power.isOn {
      faults.add(.crashAtWrite)
      return crash(node)
    }
    if let failure = life.failure { return stop(node, failure) }
    if node.isHonest { checkers.turn(node, self) }
  }

  // MARK: The wire

  /// From a node to a peer, as it wants it; a liar's messages are its own.
  func post(_ parcel: Parcel, from node: SimulatedNode, to peer: Int) {
    guard let adversary = node.adversary else { return transmit(parcel, from: node, to: peer) }
    for lie in adversary.rewrite(parcel, to: peer, as: node, in: self) { transmit(lie, from: node, to: peer) }
  }

  func transmit(_ parcel: Parcel, from node: SimulatedNode, to peer: Int) {
    guard peer != node.validator, peer >= 0, peer < validators else { return }
    if let starved = network.starved, parcel.carries(starved) {
      network.withheld += 1
      return
    }
    for to in nodesOf[peer] {
      parcels += 1
      parcelBytes += parcel.bytes.count
      let (first, second) = network.delays(from: node.index, to: to, &generator)
      if let first { queue.push(.parcel(parcel, from: node.index, to: to), at: now + first) }
      if let second { queue.push(.parcel(parcel, from: node.index, to: to), at: now + second) }
    }
  }

  private func deliver(_ parcel: Parcel, from: Int, to node: SimulatedNode, _ event: Event) {
    guard let life = node.life else { return }
    guard !waits(node, event) else { return }
    note(4, UInt64(node.index) << 8 | UInt64(from), fingerprint(parcel.bytes))
    let peer = nodes[from].validator
    if parcel.channel == .consensus {
      if let planted = options.planted, planted.takes(parcel, from: peer, at: node, in: self) { return settle(node) }
      _ = life.replica.receiveConsensus(parcel.bytes, from: peer)
    } else {
      guard let message = try? PeerMessage(cbor: parcel.bytes) else {
        if nodes[from].isHonest { report("encoding", "node \(from) sent what cannot be read") }
        return
      }
      switch message {
      case .documents(let documents): for bytes in documents { _ = admit(bytes, at: node) }
      case .body(let block) where !block.matchesHeader: break
      default: life.replica.receive(message, from: peer)
      }
    }
    settle(node)
  }

  /// Through the door into the pool.
  func admit(_ bytes: [UInt8], at node: SimulatedNode) -> Bool {
    guard let life = node.life else { return false }
    do {
      let document = try life.door.admitted(bytes, head: life.chain.head.height)
      if try life.pool.add(document) { life.replica.workArrived() }
      return true
    } catch let refusal as Violations {
      trace?(
        "\(now) node \(node.index) refuses: \(refusal.first.refusal) \(refusal.first.pointer) \(refusal.first.detail)")
      return false
    } catch {
      // The disk's trouble: the node learns of it when it next needs the disk itself.
      return false
    }
  }

  // MARK: Observations

  func observeFinalized(_ block: FinalizedBlock, by node: SimulatedNode) {
    note(5, UInt64(node.index), block.block.header.height)
    if node.isHonest { checkers.finalized(block, by: node, self) }
  }

  func observeExecuted(
    _ head: ChainHead, _ documents: [AdmittedDocument], _ outcomes: [OutcomeRecord], by node: SimulatedNode
  ) {
    note(6, UInt64(node.index), head.height)
    trace?("\(now) node \(node.index) executed height \(head.height) of view \(head.view): \(outcomes.count) documents")
    if head.endsEpoch, head.epoch > epochs {
      epochs = head.epoch
      faults.add(.validatorChange)
    }
    guard node.isHonest else { return }
    node.reported = head.height
    checkers.executed(head, outcomes, by: node, self)
    for record in outcomes { clients.executed(record, at: head.height) }
  }

  /// Where everyone stands: for traces.
  var situation: String {
    nodes.map { node in
      guard let life = node.life else { return "node \(node.index): down" }
      let machine = life.replica.machine
      return """
        node \(node.index): height \(life.chain.head.height), epoch \(life.replica.epoch.number), view \
        \(machine.currentView), finalized \(machine.finalizedView), floor \(machine.floor.view), voting \
        \(machine.voting), pool empty \(life.pool.isEmpty), honest \(node.isHonest), frail \(node.isFrail)
        """
    }.joined(separator: "\n")
  }

  var height: UInt64 { checkers.agreement.height }
}

/// Something that must never happen, and did.
package struct Finding: Equatable, Sendable {
  package let checker: String
  package let message: String
}
