import Consensus
import Ledger
import Sodium
import Testing

@Suite("Faults that other engines shipped")
struct ShippedFaultTests {
  /// A quiet network whose nodes wake up with these logs.
  private func cluster(_ logs: [[LogRecord]], bodies: [Digest] = [], down: [Int] = []) -> Cluster {
    let cluster = Cluster(count: logs.count, seed: 1)
    for payload in bodies { cluster.blocks[payload] = Cluster.Block(parentView: 0, parent: .zero, isValid: true) }
    for (node, log) in logs.enumerated() where !down.contains(node) {
      for record in log { cluster.nodes[node].disk.append(record) }
      cluster.nodes[node].disk.sync(VotingRules())
      if !bodies.isEmpty && node != 3 { for payload in bodies { cluster.nodes[node].disk.bodies.insert(payload) } }
      cluster.restart(node)
    }
    return cluster
  }

  private func own(_ subject: VoteSubject, _ node: Int) -> LogRecord { .vote(SimulatedKey.vote(subject, by: node)) }

  @Test("1: half hold the notarization, half the nullification of one view: it heals")
  func splitCertificates() {
    let block = proposal(1, on: 0)
    let notarize = VoteSubject.notarize(block)
    let nullify = VoteSubject.nullify(view: 1)
    let notarization = LogRecord.certificate(certificate(notarize, by: [0, 1, 2]))
    let nullification = LogRecord.certificate(certificate(nullify, by: [1, 2, 3]))
    let cluster = cluster(
      [
        [own(notarize, 0), notarization, .certified(block)],
        [own(notarize, 1), own(nullify, 1), notarization, .certified(block)],
        [own(notarize, 2), own(nullify, 2), nullification],
        [own(nullify, 3), nullification],
      ], bodies: [block.payload])
    cluster.run(for: 20_000) { cluster.nodes.allSatisfy { $0.disk.height >= 5 } }
    #expect(cluster.problems == [])
    #expect(cluster.nodes.allSatisfy { $0.disk.height >= 5 })
  }

  @Test("2: exactly q are alive and all crash after writing their nullify: they go on (C-22)")
  func allCrashAfterNullify() {
    let logs = (0..<4).map { [own(.nullify(view: 1), $0)] }
    let cluster = cluster(logs, down: [3])
    cluster.run(for: 20_000) { cluster.nodes[0...2].allSatisfy { $0.disk.height >= 5 } }
    #expect(cluster.problems == [])
    #expect(cluster.nodes[0...2].allSatisfy { $0.disk.height >= 5 })
  }

  @Test("3: a vote is not counted twice, neither repeated nor after a restart")
  func countedOnce() {
    var bench = Bench(0)
    bench.step(.start)
    let block = proposal(1, on: 0)
    bench.hear(.notarize(block), by: 1)
    #expect(bench.step(.verdict(block, .valid)).signed == [.notarize(block)])
    bench.restart()
    var actions = bench.step(.start)
    for _ in 0..<3 { actions += bench.hear(.notarize(block), by: 1) }
    actions += bench.step(.timer(.retry))
    #expect(!actions.broadcasts.contains { if case .certificate = $0 { true } else { false } })
    let third = bench.hear(.notarize(block), by: 3)
    #expect(third.broadcasts.contains(.certificate(certificate(.notarize(block), by: [0, 1, 3]))))
  }

  @Test("4: a huge view number is chased by nobody (C-5)")
  func hugeView() {
    var bench = Bench(0)
    bench.step(.start)
    for view in [3, 1_000_000, UInt64.max - 1, UInt64.max] {
      let vote = SimulatedKey.vote(.nullify(view: view), by: 2)
      #expect(!bench.machine.wants(vote))
      #expect(bench.step(.unwanted(view: view, from: 2)) == [])
      // Even past the door it changes nothing.
      #expect(bench.step(.message(.vote(vote), from: 2)) == [])
    }
    #expect(bench.machine.currentView == 1)
    #expect(!bench.machine.wants(certificate(.nullify(view: .max), by: [1, 2, 3])))
    // q validators are believed, and what lies between costs nothing.
    bench.hear(certificate(.nullify(view: 1_000_000), by: [1, 2, 3]))
    #expect(bench.machine.currentView == 1_000_001)
    #expect(bench.machine.heldViews == 1)
  }

  @Test("5: a leader restarted in its view does not propose another block (C-22)")
  func sameProposalAfterRestart() {
    var bench = Bench(1)
    #expect(bench.step(.start).builds == [0])
    let block = proposal(1, on: 0)
    #expect(bench.step(.built(view: 1, payload: block.payload)).signed == [.notarize(block)])
    bench.restart()
    let actions = bench.step(.start)
    #expect(actions.builds == [])
    #expect(actions.broadcasts.contains(.vote(SimulatedKey.vote(.notarize(block), by: 1))))
    #expect(bench.step(.built(view: 1, payload: payload(99))).signed == [])
  }

  @Test("6: timers grow with the views without a finalization, up to the cap, and a finalization resets them (C-13)")
  func cappedTimers() {
    var bench = Bench(0)
    var timers = bench.step(.start).timers
    #expect(timers[.leader(1)] == 200 && timers[.view(1)] == 300)
    var last: Int64 = 300
    for view in UInt64(1)...200 {
      // Everyone is heard, so that no leader counts as silent.
      timers = bench.hear(certificate(.nullify(view: view), by: [1, 2, 3])).timers
      let delay = timers[.view(view + 1)] ?? -1
      #expect(delay >= last && delay <= 30_000)
      if view == 1 { #expect(delay == 300) }
      if view == 2 { #expect(delay == 450) }
      last = delay
    }
    #expect(last == 30_000)
    #expect(bench.hear(certificate(.finalize(proposal(201, on: 0)), by: [1, 2, 3])).timers[.view(202)] == 300)
  }

  @Test("7: an error of this node is not an invalid block: three verdicts (C-8, C-16)")
  func threeVerdicts() {
    var bench = Bench(0)
    bench.step(.start)
    let block = proposal(1, on: 0)
    let ask = Action.verify(block, parentPayload: .zero, .vote)
    #expect(bench.hear(.notarize(block), by: 1).contains(ask))
    #expect(bench.step(.verdict(block, .notYet)).signed == [])
    #expect(bench.step(.timer(.leader(1))).signed == [])
    #expect(bench.step(.timer(.retry)).contains(ask))
    // Only the chain's own rules apply to what q have notarized.
    let certification = Action.verify(block, parentPayload: .zero, .certification)
    #expect(bench.hear(certificate(.notarize(block), by: [1, 2, 3])).contains(certification))
    #expect(bench.step(.verdict(block, .valid)).signed == [.finalize(block)])

    var strict = Bench(0)
    strict.step(.start)
    strict.hear(.notarize(block), by: 1)
    #expect(strict.step(.verdict(block, .invalid)).signed == [.nullify(view: 1)])
  }

  @Test("9: after a long stall a retry costs no more than before it, and a straggler is answered once (C-12)")
  func noStorm() {
    var bench = Bench(0)
    bench.step(.start)
    let stale = VoteSubject.nullify(view: 1)
    func retry() -> Int { _ = bench.step(.timer(.retry)); return bench.step(.timer(.retry)).bytes }
    bench.hear(certificate(.nullify(view: 1), by: [1, 2, 3]))
    bench.step(.timer(.view(2)))
    let short = retry()
    for view in UInt64(2)...400 { bench.hear(certificate(.nullify(view: view), by: [1, 2, 3])) }
    bench.step(.timer(.view(401)))
    #expect(retry() <= short + 16)
    let answers = (0..<50).map { _ in bench.hear(stale, by: 2).sends.count }
    #expect(answers[0] == 1 && answers[1...].allSatisfy { $0 == 0 })
    let served = (0..<50).map { _ in
      bench.step(.message(.fetch(views: Array(390...405)), from: 3)).sends.count
    }
    #expect(served.reduce(0, +) <= 8 * 16)
    bench.step(.timer(.retry))
    #expect(bench.hear(stale, by: 2).sends.count == 1)
  }

  @Test("10: a wiped node does not vote with its old key before a finalization above its last vote (C-23)")
  func wipedNode() {
    var bench = Bench(0, signState: nil)
    #expect(bench.step(.start).broadcasts.contains(.fetchNewestVote(of: 0, epoch: 0)))
    #expect(bench.step(.timer(.view(1))).signed == [])
    // Peers remember a vote in view 7, and a finalization of view 6 does not cover it.
    let old = SimulatedKey.vote(.nullify(view: 7), by: 0)
    for peer in 1...2 {
      bench.step(.message(.newestVote(of: 0, epoch: 0, old, finalization: nil, entry: nil), from: peer))
    }
    bench.hear(certificate(.finalize(proposal(6, on: 0)), by: [1, 2, 3]))
    #expect(bench.step(.timer(.view(7))).signed == [])
    #expect(bench.machine.voting == .suspended(above: 7, reports: 0b110))
    bench.hear(certificate(.finalize(proposal(8, on: 6)), by: [1, 2, 3]))
    #expect(bench.machine.voting == .normal)
    #expect(bench.step(.timer(.view(9))).signed == [.nullify(view: 9)])
  }

  @Test("10: two nodes with one key notice it, and the one that does votes no more until it is started again (C-23)")
  func twoNodesWithOneKey() {
    var bench = Bench(0)
    bench.step(.start)
    let foreign = SimulatedKey.vote(.nullify(view: 1), by: 0)
    #expect(bench.hear(foreign.subject, by: 0).alarms == [.keyUsedElsewhere(foreign)])
    #expect(bench.step(.timer(.view(1))).signed == [])
    bench.hear(certificate(.finalize(proposal(2, on: 0)), by: [1, 2, 3]))
    #expect(bench.step(.timer(.view(3))).signed == [])
  }

  @Test("10: an old backup hears of its later votes before it signs (C-23)")
  func backupAsks() {
    var bench = Bench(0, asksFirst: true)
    #expect(bench.step(.start).contains(.broadcast(.fetchNewestVote(of: 0, epoch: 0))))
    #expect(bench.step(.timer(.view(1))).signed == [])
    let later = SimulatedKey.vote(.nullify(view: 5), by: 0)
    let entry = certificate(.nullify(view: 4), by: [1, 2, 3])
    bench.step(.message(.newestVote(of: 0, epoch: 0, nil, finalization: nil, entry: entry), from: 1))
    bench.step(.message(.newestVote(of: 0, epoch: 0, later, finalization: nil, entry: entry), from: 2))
    #expect(bench.step(.timer(.view(5))).signed == [])
    bench.hear(certificate(.finalize(proposal(6, on: 0)), by: [1, 2, 3]))
    #expect(bench.step(.timer(.view(7))).signed == [.nullify(view: 7)])
  }

  @Test(
    "10: whoever is contradicted by nobody votes once q − 1 others have answered, as long as they are connected (C-23)")
  func intactAsks() {
    var bench = Bench(0, asksFirst: true)
    bench.step(.start)
    func answer(_ peer: Int) {
      bench.step(.message(.newestVote(of: 0, epoch: 0, nil, finalization: nil, entry: nil), from: peer))
    }
    answer(1)
    bench.step(.peerDisconnected(1))
    answer(2)
    #expect(bench.step(.timer(.view(1))).signed == [])
    answer(1)
    #expect(bench.machine.voting == .normal)
  }

  @Test("10: a log older than the sign-state file signs nothing at or below it (C-23)")
  func oldBackup() {
    var file = VotingRules()
    file.record(.nullify(view: 1))
    var bench = Bench(0, signState: file)
    bench.step(.start)
    #expect(bench.step(.timer(.view(1))).signed == [])
    bench.hear(certificate(.nullify(view: 1), by: [1, 2, 3]))
    #expect(bench.step(.timer(.view(2))).signed == [.nullify(view: 2)])
  }

  @Test("12: at the end of an epoch the same block may be proposed again in later views")
  func sameBlockAgain() {
    var bench = Bench(2)
    bench.step(.start)
    let last = proposal(1, on: 0, 50)
    let again = proposal(2, on: 1, 50)
    bench.hear(certificate(.notarize(last), by: [0, 1, 3]))
    #expect(bench.step(.verdict(last, .valid)).builds == [1])
    #expect(bench.step(.built(view: 2, payload: last.payload)).signed == [.notarize(again)])
    bench.hear(.notarize(again), by: 0)
    bench.hear(.notarize(again), by: 3)
    #expect(bench.hear(certificate(.finalize(again), by: [0, 1, 3])).finalized == [last, again])
  }

  @Test("11: the order in which votes arrive leaves no trace", arguments: [[1, 2, 3], [3, 2, 1], [2, 3, 1]])
  func orderLeavesNoTrace(_ order: [Int]) {
    var bench = Bench(0)
    bench.step(.start)
    for signer in order { bench.hear(.nullify(view: 1), by: signer) }
    var sorted = Bench(0)
    sorted.step(.start)
    for signer in [1, 2, 3] { sorted.hear(.nullify(view: 1), by: signer) }
    // The leader's own nullify is followed at once (C-8), so that the own vote may come first.
    #expect(bench.machine.currentView == 2 && sorted.machine.currentView == 2)
    #expect(bench.machine.durable.currentView == sorted.machine.durable.currentView)
    let nullification = bench.log.compactMap { if case .certificate(let made) = $0 { made } else { nil } }.first
    #expect(nullification?.votes.map(\.signer) == nullification?.votes.map(\.signer).sorted())
  }
}
