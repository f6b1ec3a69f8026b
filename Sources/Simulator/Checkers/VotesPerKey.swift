import Ledger

/// C-1 and C-2 over every vote that an honest key has let out, across all its restarts, in each epoch.
struct VotesPerKey {
  private struct Place: Hashable {
    let epoch: UInt64
    let view: UInt64
    let signer: Int
  }
  private struct Held {
    var notarize: VoteSubject?
    var nullify = false
    var finalize: VoteSubject?
  }
  private var held: [Place: Held] = [:]

  /// The same vote may be sent again and again.
  mutating func record(_ vote: Vote) -> String? {
    let place = Place(epoch: vote.epoch, view: vote.subject.view, signer: vote.signer)
    var votes = held[place] ?? Held()
    let who = "validator \(vote.signer)"
    switch vote.subject {
    case .notarize:
      if let earlier = votes.notarize, earlier != vote.subject {
        return "C-1: \(who) notarized two blocks in view \(place.view)"
      }
      votes.notarize = vote.subject
    case .nullify:
      if votes.finalize != nil { return "C-2: \(who) nullified and finalized view \(place.view)" }
      votes.nullify = true
    case .finalize:
      if votes.nullify { return "C-2: \(who) finalized and nullified view \(place.view)" }
      if let earlier = votes.finalize, earlier != vote.subject {
        return "\(who) finalized two blocks in view \(place.view)"
      }
      votes.finalize = vote.subject
    }
    held[place] = votes
    return nil
  }
}
