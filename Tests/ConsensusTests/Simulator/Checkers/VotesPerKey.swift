import Ledger

/// C-1 and C-2 over every vote that an honest key has let out, across all its restarts.
struct VotesPerKey {
  private struct Held {
    var notarize: Vote?
    var nullify: Vote?
    var finalize: Vote?
  }
  private var held: [Int: [UInt64: Held]] = [:]

  mutating func record(_ vote: Vote) -> String? {
    let view = vote.subject.view
    var votes = held[vote.signer]?[view] ?? Held()
    defer { held[vote.signer, default: [:]][view] = votes }
    switch vote.subject.kind {
    case .notarize:
      if votes.notarize != nil { return "C-1: \(vote.signer) notarized twice in view \(view)" }
      if votes.nullify != nil { return "C-2: \(vote.signer) notarized after nullify in view \(view)" }
      votes.notarize = vote
    case .nullify:
      if votes.nullify != nil { return "\(vote.signer) nullified twice in view \(view)" }
      if votes.finalize != nil { return "C-2: \(vote.signer) nullified after finalize in view \(view)" }
      votes.nullify = vote
    case .finalize:
      if votes.finalize != nil { return "\(vote.signer) finalized twice in view \(view)" }
      if votes.nullify != nil { return "C-2: \(vote.signer) finalized after nullify in view \(view)" }
      votes.finalize = vote
    }
    return nil
  }
}
