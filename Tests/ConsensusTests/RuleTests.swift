import Consensus
import Ledger
import Sodium
import Testing

@Suite("The rules of consensus, one by one")
struct RuleTests {
  private let block = proposal(1, on: 0)

  /// A follower that has started.
  private func follower() -> Bench {
    var bench = Bench(0)
    bench.step(.start)
    return bench
  }

  @Test("C-1, C-2: what may be signed after what")
  func votingRules() throws {
    var rules = VotingRules()
    rules.record(.notarize(proposal(5, on: 0)))
    #expect(!rules.permits(.notarize(proposal(5, on: 0))) && !rules.permits(.notarize(proposal(5, on: 4))))
    #expect(rules.permits(.nullify(view: 5)) && rules.permits(.finalize(proposal(5, on: 0))))
    var nullified = rules
    nullified.record(.nullify(view: 5))
    #expect(!nullified.permits(.finalize(proposal(5, on: 0))) && !nullified.permits(.nullify(view: 5)))
    #expect(nullified.permits(.notarize(proposal(6, on: 4))))
    rules.record(.finalize(proposal(5, on: 0)))
    #expect(!rules.permits(.nullify(view: 5)) && rules.permits(.nullify(view: 6)))
    var skipped = VotingRules()
    skipped.record(.nullify(view: 5))
    #expect(!skipped.permits(.notarize(proposal(5, on: 0))))
    #expect(try VotingRules(cbor: rules.cbor) == rules)
    rules.merge(nullified)
    rules.close(through: 9)
    #expect(!rules.permits(.notarize(proposal(9, on: 0))) && rules.permits(.notarize(proposal(10, on: 0))))
  }

  @Test("C-3: no finalize in a view whose leader was seen to propose two blocks")
  func noFinalizeAfterEquivocation() {
    var bench = follower()
    bench.hear(.notarize(block), by: 1)
    let twin = proposal(1, on: 0, 77)
    #expect(bench.hear(.notarize(twin), by: 1).evidence.map(\.signer) == [1])
    bench.hear(certificate(.notarize(block), by: [1, 2, 3]))
    #expect(bench.step(.verdict(block, .valid)).signed == [])
    #expect(bench.machine.currentView == 2)
  }

  @Test(
    "C-4: a notarize needs the parent and a nullification for every view in between; they are asked of the proposer"
  )
  func gapsAreFilled() {
    var bench = follower()
    bench.hear(certificate(.notarize(block), by: [1, 2, 3]))
    bench.step(.verdict(block, .valid))
    bench.hear(certificate(.nullify(view: 3), by: [1, 2, 3]))
    let next = proposal(4, on: 1)
    #expect(bench.machine.currentView == 4)
    // View 4 is the own turn; view 5 comes from validator 1.
    bench.hear(certificate(.nullify(view: 4), by: [1, 2, 3]))
    let late = proposal(5, on: 1)
    let actions = bench.hear(.notarize(late), by: 1)
    #expect(actions.contains(.send(.fetch(views: [2]), to: 1)))
    #expect(bench.step(.verdict(late, .valid)).signed == [])
    #expect(bench.hear(certificate(.nullify(view: 2), by: [1, 2, 3])).signed == [.notarize(late)])
    #expect(next.view == 4)
  }

  @Test("C-4: nothing is notarized below the newest finalization, nor on a parent that is not here")
  func staleParents() {
    var bench = follower()
    bench.hear(certificate(.finalize(proposal(4, on: 0)), by: [1, 2, 3]))
    #expect(bench.machine.currentView == 5)
    #expect(!bench.hear(.notarize(proposal(5, on: 3)), by: 1).contains { if case .verify = $0 { true } else { false } })

    var other = follower()
    other.hear(certificate(.nullify(view: 4), by: [1, 2, 3]))
    let orphan = proposal(5, on: 3)
    let actions = other.hear(.notarize(orphan), by: 1)
    #expect(!actions.contains { if case .verify = $0 { true } else { false } })
    #expect(actions.fetches.first?.contains(3) ?? false)
  }

  @Test("C-5: votes up to the next view, certificates for any view above the floor, nothing held already")
  func doors() {
    var bench = follower()
    #expect(bench.machine.wants(SimulatedKey.vote(.nullify(view: 2), by: 1)))
    #expect(!bench.machine.wants(SimulatedKey.vote(.nullify(view: 3), by: 1)))
    #expect(!bench.machine.wants(SimulatedKey.vote(.nullify(view: 0), by: 1)))
    let foreign = Vote(
      epoch: 1, signer: 1, subject: .nullify(view: 1), signature: SimulatedKey.sign(.nullify(view: 1), by: 1))
    #expect(!bench.machine.wants(foreign))
    bench.hear(.nullify(view: 1), by: 2)
    #expect(!bench.machine.wants(SimulatedKey.vote(.nullify(view: 1), by: 2)))
    let far = certificate(.nullify(view: 900), by: [1, 2, 3])
    #expect(bench.machine.wants(far))
    #expect(!bench.machine.wants(certificate(.nullify(view: 900), by: [1, 2])))
    bench.hear(far)
    #expect(!bench.machine.wants(far))
  }

  @Test("C-6: a leader that was silent for a round while the others went on is not waited for, until it is heard again")
  func silentLeader() {
    var bench = follower()
    func pass(_ view: UInt64, by signers: [Int]) -> [Consensus.Timer: Int64] {
      bench.hear(certificate(.finalize(proposal(view, on: 0)), by: signers)).timers
    }
    var timers: [Consensus.Timer: Int64] = [:]
    // Validator 3 leads views 3, 7, 11; it says nothing.
    for view in UInt64(1)...2 { timers = pass(view, by: [0, 1, 2]) }
    #expect(timers[.leader(3)] == 200)
    for view in UInt64(3)...6 { timers = pass(view, by: [0, 1, 2]) }
    #expect(timers[.leader(7)] == 0 && timers[.view(7)] == 0)
    for view in UInt64(7)...9 { timers = pass(view, by: [0, 1, 2]) }
    bench.hear(.nullify(view: 10), by: 3)
    timers = pass(10, by: [0, 1, 2])
    #expect(timers[.leader(11)] == 200)
  }

  @Test("C-7: the leader builds on the highest parent that is certified with all views above it nullified")
  func bestParent() {
    var bench = Bench(3)
    bench.step(.start)
    bench.hear(certificate(.notarize(block), by: [0, 1, 2]))
    bench.step(.verdict(block, .valid))
    #expect(bench.hear(certificate(.nullify(view: 2), by: [0, 1, 2])).builds == [1])
    // A missing nullification is asked for and the turn is kept.
    var other = Bench(3)
    other.step(.start)
    other.hear(certificate(.notarize(proposal(2, on: 0)), by: [0, 1, 2]))
    let actions = other.hear(certificate(.nullify(view: 2), by: [0, 1, 2]))
    #expect(actions.builds == [] && actions.fetches == [[1]])
    #expect(other.hear(certificate(.nullify(view: 1), by: [0, 1, 2])).builds == [0])
  }

  @Test("C-8: a failed build and the leader's own nullify end the view at once; silence waits for the timers")
  func nullifyAtOnce() {
    var leader = Bench(1)
    leader.step(.start)
    #expect(leader.step(.buildFailed(view: 1)).signed == [.nullify(view: 1)])
    var bench = follower()
    #expect(bench.hear(.nullify(view: 1), by: 2).signed == [])
    #expect(bench.hear(.nullify(view: 1), by: 1).signed == [.nullify(view: 1)])
    var waiting = follower()
    #expect(waiting.step(.timer(.leader(1))).signed == [.nullify(view: 1)])
    #expect(waiting.step(.timer(.view(1))).signed == [])
  }

  @Test(
    "C-9: the notarization is broadcast before its body is here; the body is fetched, and only then comes the finalize")
  func bodyAfterCertificate() {
    var bench = follower()
    let notarization = certificate(.notarize(block), by: [1, 2, 3])
    let actions = bench.hear(notarization)
    #expect(actions.contains(.broadcast(.certificate(notarization))))
    #expect(actions.contains(.fetchBody(block.payload, from: 1)))
    #expect(bench.machine.currentView == 1)
    #expect(bench.step(.verdict(block, .valid)).signed == [.finalize(block)])
    #expect(bench.machine.currentView == 2)
    // The view timer had stayed armed.
    var slow = follower()
    slow.hear(notarization)
    #expect(slow.step(.timer(.view(1))).signed == [.nullify(view: 1)])
    #expect(slow.step(.verdict(block, .valid)).signed == [])
  }

  @Test("C-9: an invalid block that q have notarized stops this node's votes and raises the alarm once")
  func invalidNotarized() {
    var bench = follower()
    bench.hear(certificate(.notarize(block), by: [1, 2, 3]))
    #expect(bench.step(.verdict(block, .invalid)).alarms == [.invalidBlockNotarized(block)])
    #expect(bench.step(.timer(.view(1))).signed == [])
    #expect(bench.step(.timer(.retry)).alarms == [])
  }

  @Test("C-10: a nullified view whose notarization appears is still certified, and the next leader builds on it")
  func certifyAfterNullification() {
    var bench = Bench(2)
    bench.step(.start)
    bench.hear(certificate(.nullify(view: 1), by: [0, 1, 3]))
    var other = Bench(3)
    other.step(.start)
    other.hear(certificate(.nullify(view: 1), by: [0, 1, 2]))
    other.hear(certificate(.notarize(block), by: [0, 1, 2]))
    #expect(other.step(.verdict(block, .valid)).signed == [])
    #expect(other.hear(certificate(.nullify(view: 2), by: [0, 1, 2])).builds == [1])
  }

  @Test("C-11: a finalization takes its ancestors with it, oldest first, once all are here; older ones keep counting")
  func ancestors() {
    var bench = follower()
    let blocks = [block, proposal(2, on: 1), proposal(4, on: 2)]
    for block in blocks[0...1] { bench.hear(certificate(.notarize(block), by: [1, 2, 3])) }
    let finalization = certificate(.finalize(blocks[2]), by: [1, 2, 3])
    #expect(bench.hear(finalization).finalized == [])
    #expect(bench.machine.currentView == 5)
    var finalized: [Proposal] = []
    for block in blocks { finalized += bench.step(.verdict(block, .valid)).finalized }
    #expect(finalized == blocks)
    #expect(bench.machine.floor == Machine.Floor(view: 4, payload: blocks[2].payload, finalization: finalization))
  }

  @Test("C-11: views below the retention floor are forgotten")
  func pruning() {
    var bench = follower()
    var parent: UInt64 = 0
    for view in UInt64(1)...40 {
      let block = proposal(view, on: parent)
      bench.hear(certificate(.finalize(block), by: [1, 2, 3]))
      bench.step(.verdict(block, .valid))
      parent = view
    }
    #expect(bench.machine.floor.view == 40 && bench.machine.logFloor == 32 && bench.machine.heldViews == 9)
  }

  @Test("C-12: own votes and the best certificate are repeated while the view lasts, and a reconnect is answered")
  func retries() {
    var bench = follower()
    let entry = certificate(.nullify(view: 1), by: [1, 2, 3])
    bench.hear(entry)
    bench.step(.timer(.view(2)))
    // The first interval began before this view did.
    #expect(bench.step(.timer(.retry)).broadcasts == [])
    let repeated = bench.step(.timer(.retry))
    #expect(repeated.broadcasts == [.certificate(entry), .vote(SimulatedKey.vote(.nullify(view: 2), by: 0))])
    #expect(repeated.timers[.retry] == 1_000)
    #expect(bench.step(.peerConnected(3)) == [.send(.certificate(entry), to: 3)])
    #expect(bench.step(.peerConnected(3)) == [])
  }

  @Test("C-12: an own finalize is repeated until the finalization is here, whatever the view")
  func finalizeRepeated() {
    var bench = follower()
    bench.hear(certificate(.notarize(block), by: [1, 2, 3]))
    bench.step(.verdict(block, .valid))
    bench.hear(certificate(.nullify(view: 2), by: [1, 2, 3]))
    let vote = Message.vote(SimulatedKey.vote(.finalize(block), by: 0))
    for _ in 0..<3 { #expect(bench.step(.timer(.retry)).broadcasts.contains(vote)) }
    bench.hear(certificate(.finalize(block), by: [1, 2, 3]))
    #expect(!bench.step(.timer(.retry)).broadcasts.contains(vote))
  }

  @Test("C-14: a quiet chain rests but for one empty block an interval, and a document, a vote or a proposal wakes it")
  func quiet() {
    var bench = Bench(1)
    #expect(bench.step(.start).builds == [0])
    var quiet = Bench(2)
    quiet.step(.start)
    let rest = quiet.step(.idle(true))
    #expect(rest.timers == [.idle(1): 60_000])
    #expect(quiet.step(.timer(.view(1))).signed == [])
    let awake = quiet.step(.idle(false)).timers
    #expect(awake[.leader(1)] == 200 && awake[.view(1)] == 300)
    quiet.step(.idle(true))
    // The retry goes on, so that nobody is left behind by the rest.
    #expect(quiet.step(.timer(.retry)).timers[.retry] == 1_000)
    // A vote of another for this view.
    #expect(quiet.hear(.nullify(view: 1), by: 3).timers[.view(1)] == 300)
    // The next view is quiet again; its leader, this one, waits for the long timer.
    let next = quiet.hear(certificate(.nullify(view: 1), by: [0, 1, 3]))
    #expect(next.builds == [] && next.timers == [.idle(2): 60_000])
    #expect(quiet.step(.timer(.idle(2))).builds == [0])
  }

  @Test(
    "C-15: two notarizes, two finalizes, nullify and finalize: evidence that stands alone, once",
    arguments: [
      (VoteSubject.notarize(proposal(1, on: 0)), VoteSubject.notarize(proposal(1, on: 0, 9))),
      (.finalize(proposal(1, on: 0)), .finalize(proposal(1, on: 0, 9))),
      (.nullify(view: 1), .finalize(proposal(1, on: 0))),
      (.finalize(proposal(1, on: 0)), .nullify(view: 1)),
    ])
  func evidence(_ first: VoteSubject, _ second: VoteSubject) throws {
    var bench = follower()
    #expect(bench.hear(first, by: 3).evidence == [])
    let found = bench.hear(second, by: 3).evidence
    #expect(found == [Evidence(SimulatedKey.vote(second, by: 3), SimulatedKey.vote(first, by: 3))!])
    #expect(bench.hear(second, by: 3).evidence == [])
    for evidence in found { #expect(try Evidence(cbor: evidence.cbor) == evidence) }
    // The same hidden in a certificate.
    var other = follower()
    other.hear(first, by: 3)
    #expect(other.hear(certificate(second, by: [1, 2, 3])).evidence.map(\.signer) == [3])
  }

  @Test("C-15: honest pairs of votes are no evidence")
  func honestPairs() {
    let pairs: [(VoteSubject, VoteSubject)] = [
      (.notarize(block), .nullify(view: 1)), (.notarize(block), .finalize(block)),
      (.nullify(view: 1), .nullify(view: 1)),
      (.nullify(view: 1), .nullify(view: 2)),
    ]
    for (first, second) in pairs {
      #expect(Evidence(SimulatedKey.vote(first, by: 3), SimulatedKey.vote(second, by: 3)) == nil)
    }
    #expect(Evidence(SimulatedKey.vote(.nullify(view: 1), by: 3), SimulatedKey.vote(.finalize(block), by: 2)) == nil)
  }

  @Test("C-20, C-21: the record stands before what depends on it, and an own vote leaves only when it is signed")
  func persistFirst() {
    var machine = Machine(
      configuration: .init(validators: SimulatedKey.validators(4), me: 0, delta: 100), floor: Bench.genesis,
      signState: VotingRules())
    _ = machine.handle(.start)
    let asked = machine.handle(.timer(.leader(1)))
    #expect(asked == [.sign(.nullify(view: 1))])
    #expect(machine.handle(.timer(.view(1))) == [])
    let vote = SimulatedKey.vote(.nullify(view: 1), by: 0)
    #expect(machine.handle(.signed(vote)) == [.broadcast(.vote(vote))])
    let notarization = certificate(.notarize(block), by: [1, 2, 3])
    let actions = machine.handle(.message(.certificate(notarization), from: 1))
    #expect(actions.prefix(2) == [.persist(.certificate(notarization)), .broadcast(.certificate(notarization))])
    #expect(machine.handle(.verdict(block, .valid)).first == .persist(.certified(block)))
  }

  @Test("An observer follows to the tip and never votes")
  func observer() {
    var bench = Bench(nil, signState: nil)
    bench.step(.start)
    bench.hear(.notarize(block), by: 1)
    bench.step(.timer(.view(1)))
    bench.hear(certificate(.finalize(block), by: [1, 2, 3]))
    let actions = bench.step(.verdict(block, .valid))
    #expect(actions.finalized == [block] && bench.log.allSatisfy { if case .vote = $0 { false } else { true } })
  }

  @Test("Far behind, the machine says so and goes on from what the shell has fetched by height")
  func farBehind() {
    var bench = follower()
    let far = certificate(.finalize(proposal(500, on: 499)), by: [1, 2, 3])
    #expect(bench.hear(far).fetches == [[492, 493, 494, 495, 496, 497, 498, 499]])
    #expect(!bench.step(.timer(.retry)).contains(.behind(far)))
    #expect(bench.step(.timer(.retry)).contains(.behind(far)))
    bench.step(.finalizedElsewhere(far))
    #expect(bench.machine.floor == Machine.Floor(view: 500, payload: payload(249 + 1), finalization: far))
    let next = proposal(501, on: 500)
    #expect(bench.hear(.notarize(next), by: 1).contains(.verify(next, parentPayload: payload(250), .vote)))
  }

  @Test("A single validator is a network of its own")
  func alone() {
    var bench = Bench(0, of: 1)
    #expect(bench.step(.start).builds == [0])
    let actions = bench.step(.built(view: 1, payload: block.payload))
    #expect(actions.signed == [.notarize(block), .finalize(block)])
    #expect(actions.finalized == [block] && actions.builds == [1])
  }
}
