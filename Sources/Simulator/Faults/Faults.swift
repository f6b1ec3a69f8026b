import Ledger

/// What befalls a cluster in its safety phase: one blow after the other, mixed at random.
extension Cluster {
  /// How often each wire fault had happened when the present settings of the wires began.
  struct Episode {
    var lost = 0
    var duplicated = 0
    var reordered = 0
    var spikes = 0
    var refused = 0
    var withheld = 0
    var cut: FaultKind?
  }

  /// Who lies, whose disks may lose what they have synced: together at most f.
  func castRoles() {
    var free = faulty - (twins.isEmpty ? 0 : 1)
    var candidates = nodes.map(\.index).filter { !twins.contains($0) }
    generator.shuffle(&candidates)
    while free > 0, let index = candidates.popLast() {
      free -= 1
      switch generator.below(10) {
      case 0...4 where options.has(.byzantine):
        nodes[index].adversary = Adversaries.make(generator.below(Adversaries.count))
        faults.add(.byzantine)
        schedule(.scheme(node: index), in: 100)
      case 5...8: nodes[index].isFrail = true
      default: break
      }
    }
  }

  func beginFaults() {
    isStriking = true
    if options.has(.clockSkew) {
      for node in nodes where generator.percent(40) {
        node.clock.offset = Int64(generator.within(-150...150))
        if node.clock.offset != 0 { faults.add(.clockSkew) }
      }
    }
    schedule(.fault, in: 200)
  }

  /// One blow now, the next one later.
  func strike() {
    guard isStriking else { return }
    let kinds: [FaultKind] = [
      .loss, .loss, .duplication, .reordering, .delay, .partition, .partition, .oneWay, .starvation, .slowNode, .crash,
      .crash, .crashAtWrite, .crashAtWrite, .crashAtWrite, .crashAll, .failedSync, .fullDisk, .bitRot, .clockJump,
      .pause, .wipe, .oldBackup, .slowExecution,
    ]
    let place = generator.below(kinds.count + 6)
    note(11, UInt64(place))
    let victim = nodes[generator.below(nodes.count)]
    if place >= kinds.count {
      mend()
    } else if options.has(kinds[place]) {
      closeEpisode()
      blow(kinds[place], victim)
      openEpisode()
    }
    schedule(.fault, in: Int64(generator.within(100...1_200)))
  }

  private func mend() {
    closeEpisode()
    let wasCut = !network.isWhole
    network.heal()
    if wasCut { reconnect() }
    if generator.percent(50) { network.calm() }
    openEpisode()
  }

  private func blow(_ kind: FaultKind, _ victim: SimulatedNode) {
    trace?("\(now) blow: \(kind) at node \(victim.index)")
    switch kind {
    case .loss: network.lossPercent = generator.within(0...30)
    case .duplication: network.duplicationPercent = generator.within(0...50)
    case .reordering: network.reorderPercent = generator.within(0...40)
    case .delay: network.spikePercent = generator.within(0...10)
    case .partition:
      let side = nodes.map(\.index).filter { _ in generator.percent(50) }
      network.split(side)
      episode.cut = .partition
    case .oneWay:
      network.mute(victim.index, to: nodes.map(\.index).filter { _ in generator.percent(60) })
      episode.cut = .oneWay
    case .starvation:
      network.starved = network.starved == nil ? VoteKind.allCases[generator.below(3)] : nil
    case .slowNode:
      network.slowDown(victim.index, by: generator.within(20...150))
      faults.add(.slowNode)
    case .crash:
      if victim.life != nil { faults.add(.crash) }
      crash(victim)
    case .crashAtWrite: if victim.life != nil { victim.power.writesUntilOff = generator.below(8) }
    case .crashAll:
      guard generator.percent(50) else { return }
      faults.add(.crashAll)
      for node in nodes {
        // Some in the middle of what they are doing, so that some have written and not sent.
        if generator.percent(50) { crash(node) } else { node.power.writesUntilOff = generator.below(4) }
      }
    case .failedSync: if victim.life != nil { victim.power.failsNextSync = true }
    case .fullDisk: if victim.life != nil { victim.power.isFull = true }
    case .bitRot: rot(victim)
    case .clockJump:
      victim.clock.offset = Int64(generator.within(-400...400))
      faults.add(.clockJump)
    case .pause:
      guard victim.life != nil else { return }
      victim.pausedUntil = now + Int64(generator.within(200...4_000))
      faults.add(.pause)
    case .wipe: wipe(victim)
    case .oldBackup: backup(victim)
    case .slowExecution:
      victim.executionDelay = generator.percent(50) ? 4 : generator.within(50...500)
      if victim.executionDelay > 4 { faults.add(.slowExecution) }
    case .lostWrite, .tornWrite, .clockSkew, .byzantine, .twins, .validatorChange: break
    }
  }

  /// Only at rest, and only where f allows: a disk that has forgotten is a liar without malice.
  private func rot(_ victim: SimulatedNode) {
    guard victim.isFrail else { return }
    crash(victim)
    if generator.percent(60) {
      guard victim.files.rot(&generator) != nil else { return }
    } else {
      guard victim.store.rot(&generator) else { return }
    }
    faults.add(.bitRot)
  }

  private func wipe(_ victim: SimulatedNode) {
    guard victim.isFrail else { return }
    crash(victim)
    repair(victim)
    faults.add(.wipe)
  }

  private func backup(_ victim: SimulatedNode) {
    guard victim.isFrail else { return }
    guard let backup = victim.backup else {
      let power = VirtualPower()
      victim.backup = SimulatedNode.Backup(files: victim.files.copy(power), store: victim.store.copy(power))
      return
    }
    crash(victim)
    victim.files.restore(backup.files)
    victim.store.restore(backup.store)
    victim.backup = nil
    victim.reported = 0
    victim.keyIsTainted = true
    faults.add(.oldBackup)
  }

  // MARK: Counting

  private func openEpisode() {
    let cut = episode.cut
    episode = Episode(
      lost: network.lost, duplicated: network.duplicated, reordered: network.reordered, spikes: network.spikes,
      refused: network.refused, withheld: network.withheld, cut: network.isWhole ? nil : cut)
  }

  func closeEpisode() {
    if network.lost > episode.lost { faults.add(.loss) }
    if network.duplicated > episode.duplicated { faults.add(.duplication) }
    if network.reordered > episode.reordered { faults.add(.reordering) }
    if network.spikes > episode.spikes { faults.add(.delay) }
    if network.refused > episode.refused { faults.add(episode.cut ?? .partition) }
    if network.withheld > episode.withheld { faults.add(.starvation) }
    for node in nodes {
      let (failed, full) = node.power.takeFailures()
      if failed > 0 { faults.add(.failedSync, failed) }
      if full > 0 { faults.add(.fullDisk, full) }
    }
  }

  // MARK: Healing

  /// Ends all faults for `core`; the others may stay as lost as they are, or simply be gone.
  func heal(core: [SimulatedNode], others: Bool) {
    closeEpisode()
    isStriking = false
    network.heal()
    network.calm()
    for node in nodes {
      node.power.calm()
      node.executionDelay = 4
      node.clock.offset = 0
      node.pausedUntil = min(node.pausedUntil, now)
    }
    openEpisode()
    if !others {
      let inside = core.map(\.index)
      network.split(nodes.filter { !inside.contains($0.index) && $0.isHonest }.map(\.index))
    }
    for node in core where node.life == nil { restart(node) }
    reconnect()
  }
}
