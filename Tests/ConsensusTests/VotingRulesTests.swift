import Consensus
import Ledger
import Testing

@Suite("C-1, C-2 and C-33: what one key may sign, over epochs and restarts")
struct VotingRulesTests {
  @Test("A later epoch begins with nothing signed, and there is no way back")
  func epochs() throws {
    var rules = VotingRules(epoch: 3)
    rules.record(.nullify(view: 9))
    rules.begin(epoch: 4)
    #expect(rules == VotingRules(epoch: 4) && rules.permits(.notarize(proposal(1, on: 0))))
    rules.record(.notarize(proposal(1, on: 0)))
    let signed = rules
    rules.begin(epoch: 4)
    rules.begin(epoch: 3)
    #expect(rules == signed)
    #expect(try VotingRules(cbor: rules.cbor) == rules && rules.epoch == 4)
  }

  @Test("Of two histories the later epoch's stands; of one epoch the stricter of each number")
  func merging() {
    var older = VotingRules(epoch: 1)
    older.close(through: 50)
    var newer = VotingRules(epoch: 2)
    newer.record(.notarize(proposal(3, on: 0)))
    var merged = older
    merged.merge(newer)
    #expect(merged == newer)
    merged.merge(older)
    #expect(merged == newer)
    var other = VotingRules(epoch: 2)
    other.record(.nullify(view: 2))
    other.record(.finalize(proposal(1, on: 0)))
    merged.merge(other)
    #expect((merged.notarized, merged.nullified, merged.finalized) == (3, 2, 1))
  }

  @Test(
    "Whatever is asked, merged, begun or restarted, no two votes of one epoch break C-1 or C-2",
    arguments: UInt64(1)...200)
  func everySequence(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    // The file is never behind what has left; a log may be any older copy of it, or one of another epoch.
    var file = VotingRules()
    var copies = [file]
    var signed: [UInt64: VotesPerKey] = [:]
    var votes = 0
    for _ in 0..<1_000 {
      switch generator.below(24) {
      case 0: file.begin(epoch: file.epoch + 1)
      case 1: file.merge(copies[generator.below(copies.count)])
      case 2:
        // A restart with an old log.
        var log = copies[generator.below(copies.count)]
        log.merge(try VotingRules(cbor: file.cbor))
        file = log
      case 3: file.close(through: file.notarized)
      case 4: file.begin(epoch: file.epoch - min(file.epoch, 1))
      default:
        // Around what is signed: what is asked is sometimes in the past.
        let view = max(3, file.notarized, file.nullified) + UInt64(generator.below(6)) - 2
        let block = proposal(view, on: view - 1, UInt8(generator.below(3)))
        let subjects: [VoteSubject] = [.notarize(block), .nullify(view: view), .finalize(block)]
        let subject = subjects[generator.below(3)]
        guard file.permits(subject) else { continue }
        file.record(subject)
        copies.append(file)
        votes += 1
        let vote = SimulatedKey.vote(subject, by: 0, epoch: file.epoch)
        let problem = signed[file.epoch, default: VotesPerKey()].record(vote)
        #expect(problem == nil, "epoch \(file.epoch)")
      }
    }
    #expect(votes > 60 && signed.count > 5)
  }
}
