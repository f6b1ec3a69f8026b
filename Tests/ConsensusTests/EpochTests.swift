import Consensus
import Ledger
import Sodium
import Testing

@Suite("C-31 to C-33: the end of an epoch and the beginning of the next")
struct EpochTests {
  /// The boundary block, as view 1 proposed it, and again in view 2 and 4.
  private let end = proposal(1, on: 0)
  private var again: Proposal { Proposal(view: 2, parentView: 1, payload: end.payload) }
  private var oncemore: Proposal { Proposal(view: 4, parentView: 2, payload: end.payload) }

  @Test("C-31: a leader that builds on the boundary block proposes its payload again")
  func leads() {
    var bench = Bench(2)
    bench.step(.start)
    bench.hear(certificate(.notarize(end), by: [0, 1, 3]))
    let actions = bench.step(.verdict(end, .valid))
    #expect(actions.contains(.build(view: 2, parentView: 1, parentPayload: end.payload)))
    #expect(bench.step(.built(view: 2, payload: end.payload)).signed == [.notarize(again)])
    // Its own restart proposes just the same.
    bench.restart()
    let repeated = bench.step(.start)
    #expect(repeated.builds == [] && repeated.signed == [])
  }

  @Test("C-31: a follower is asked about the boundary block on itself, and notarizes and finalizes it again")
  func follows() {
    var bench = Bench(0)
    bench.step(.start)
    bench.hear(certificate(.notarize(end), by: [1, 2, 3]))
    bench.step(.verdict(end, .valid))
    let asked = bench.hear(.notarize(again), by: 2)
    #expect(asked.contains(.verify(again, parentPayload: end.payload, .vote)))
    #expect(bench.step(.verdict(again, .valid)).signed == [.notarize(again)])
    bench.hear(certificate(.notarize(again), by: [1, 2, 3]))
    #expect(bench.machine.currentView == 3)
  }

  @Test("C-31: anything else on the boundary block is for the verdict to refuse: the view is nullified at once")
  func refusesChildren() {
    var bench = Bench(0)
    bench.step(.start)
    bench.hear(certificate(.notarize(end), by: [1, 2, 3]))
    bench.step(.verdict(end, .valid))
    let child = proposal(2, on: 1)
    bench.hear(.notarize(child), by: 2)
    #expect(bench.step(.verdict(child, .invalid)).signed == [.nullify(view: 2)])
  }

  @Test("C-31: a boundary block that is final only as its own ancestor is told each time, on the one before it")
  func toldAgain() {
    var bench = Bench(0)
    bench.step(.start)
    for block in [end, again] {
      bench.hear(certificate(.notarize(block), by: [1, 2, 3]))
      bench.step(.verdict(block, .valid))
    }
    bench.hear(certificate(.nullify(view: 3), by: [1, 2, 3]))
    bench.hear(certificate(.notarize(oncemore), by: [1, 2, 3]))
    bench.hear(certificate(.finalize(oncemore), by: [1, 2, 3]))
    let finalized = bench.step(.verdict(oncemore, .valid)).finalized
    #expect(finalized == [end, again, oncemore])
    #expect(Set(finalized.map(\.payload)) == [end.payload] && finalized.map(\.parentView) == [0, 1, 2])
    #expect(bench.machine.floor.payload == end.payload)
    // And once more on the floor, if the shell has not replaced the machine yet.
    let last = Proposal(view: 5, parentView: 4, payload: end.payload)
    bench.hear(certificate(.finalize(last), by: [1, 2, 3]))
    #expect(bench.step(.verdict(last, .valid)).finalized == [last])
  }

  @Test("C-32: the next epoch begins at view 1 on the boundary block, and votes with nothing signed before")
  func begins() {
    let floor = Machine.Floor(view: 0, payload: end.payload, finalization: nil)
    var old = VotingRules(epoch: 6)
    old.close(through: 900)
    var leader = Bench(1, epoch: 7, signState: old, floor: floor)
    #expect(leader.step(.start).contains(.build(view: 1, parentView: 0, parentPayload: end.payload)))
    #expect(leader.step(.built(view: 1, payload: payload(9))).signed == [.notarize(proposal(1, on: 0, 9))])
    #expect(leader.machine.rules.epoch == 7 && leader.machine.rules.notarized == 1)
    var follower = Bench(0, epoch: 7, signState: old, floor: floor)
    follower.step(.start)
    let actions = follower.hear(.notarize(proposal(1, on: 0, 9)), by: 1)
    #expect(actions.contains(.verify(proposal(1, on: 0, 9), parentPayload: end.payload, .vote)))
  }

  @Test("C-32: votes, certificates and answers of another epoch are not wanted and count for nothing; they tell theirs")
  func otherEpochs() {
    var bench = Bench(0, epoch: 7, signState: nil)
    bench.step(.start)
    for epoch in [UInt64(6), 8] {
      let messages: [Message] = [
        .vote(SimulatedKey.vote(.nullify(view: 1), by: 1, epoch: epoch)),
        .certificate(certificate(.nullify(view: 1), by: [1, 2, 3], epoch: epoch)),
        .fetchNewestVote(of: 1, epoch: epoch), .newestVote(of: 0, epoch: epoch, nil, finalization: nil, entry: nil),
      ]
      for message in messages {
        #expect(message.epoch == epoch && !bench.machine.wants(message))
        let before = bench.machine.durable
        #expect(bench.step(.message(message, from: 1)).isEmpty && bench.machine.durable == before)
      }
    }
    #expect(bench.machine.voting == .suspended(above: 0, reports: 0))
    #expect(bench.machine.wants(.newestVote(of: 0, epoch: 7, nil, finalization: nil, entry: nil)))
    #expect(bench.machine.wants(.vote(SimulatedKey.vote(.nullify(view: 1), by: 1, epoch: 7))))
    #expect(Message.fetch(views: [1]).epoch == nil)
  }

  @Test("C-33: with the sign state of a later epoch this one is followed without a vote, to its end")
  func laterSignState() {
    var bench = Bench(0, epoch: 7, signState: VotingRules(epoch: 8))
    followWithoutVote(&bench)
    // An observer has no key that could have signed.
    #expect(Bench(nil, epoch: 7, signState: VotingRules(epoch: 8)).machine.voting == .normal)
  }

  @Test("C-33: own votes of a later epoch in the log say the same, whatever the sign-state file says")
  func laterLog() {
    let vote = SimulatedKey.vote(.nullify(view: 1), by: 3, epoch: 8)
    var bench = Bench(0, epoch: 7, signState: VotingRules(epoch: 7), replaying: [.vote(vote)])
    followWithoutVote(&bench)
    // Those of an earlier epoch say nothing.
    let earlier = SimulatedKey.vote(.nullify(view: 1), by: 0, epoch: 6)
    var fresh = Bench(0, epoch: 7, signState: VotingRules(epoch: 7), replaying: [.vote(earlier)])
    fresh.step(.start)
    #expect(fresh.step(.timer(.leader(1))).signed == [.nullify(view: 1)])
  }

  private func followWithoutVote(_ bench: inout Bench) {
    #expect(bench.step(.start).signed == [])
    #expect(bench.step(.timer(.view(1))).signed == [])
    var parent: UInt64 = 0
    for view in UInt64(1)...30 {
      let block = proposal(view, on: parent)
      for peer in 1...3 {
        bench.step(.message(.newestVote(of: 0, epoch: 7, nil, finalization: nil, entry: nil), from: peer))
      }
      bench.hear(certificate(.finalize(block), by: [1, 2, 3], epoch: 7))
      let actions = bench.step(.verdict(block, .valid))
      #expect(actions.finalized == [block] && actions.signed == [] && actions.builds == [])
      #expect(bench.step(.timer(.view(view + 1))).signed == [])
      parent = view
    }
    #expect(bench.machine.voting == .suspended(above: .max, reports: 0b1110))
  }

  @Test(
    "C-31: whatever is lost and whoever crashes or lies, all end with the boundary block and nothing after it",
    arguments: UInt64(1)...20)
  func cluster(seed: UInt64) {
    var options = Cluster.Options()
    options.boundary = 12
    let cluster = Cluster(count: 4, seed: seed, options: options)
    if seed % 3 == 0 { cluster.adversaries[Int(seed / 3) % 4] = EquivocatingLeader() }
    cluster.startAll()
    cluster.beginFaults()
    cluster.run(for: 600_000) { cluster.agreement.chain.count >= 20 && cluster.faults >= 5 }
    cluster.heal(core: cluster.honest, others: true)
    let before = cluster.agreement.chain.count
    cluster.run(for: 120_000) {
      cluster.honest.allSatisfy { cluster.nodes[$0].disk.height >= max(20, before + 3) }
    }
    #expect(cluster.problems == [])
    let chain = cluster.agreement.chain
    #expect(chain.count >= max(20, before + 3))
    #expect(Set(chain.prefix(12).map(\.payload)).count == 12)
    #expect(cluster.isBoundary(chain[11].payload))
    #expect(Set(chain.dropFirst(11).map(\.payload)).count == 1)
  }
}
