import Contracts
import Ledger

/// Evidence of misbehaviour that was checked under a genesis from a source that the caller trusts. No node is needed.
package struct EvidenceCheck: Sendable, CustomStringConvertible {
  package let file: EvidenceFile

  package static func parse(_ bytes: [UInt8]) throws -> JSON {
    var limits = JSONLimits()
    limits.bytes = NodeClient.maximumAnswer
    do {
      return try JSON.parse(bytes, limits: limits)
    } catch {
      throw ClientError.proof("it is not JSON (\(error.reason.rawValue))")
    }
  }

  package static func check(_ json: JSON, genesis: Genesis) throws -> EvidenceCheck {
    guard let file = EvidenceFile(json: json) else {
      throw ClientError.proof("it is not in the form of evidence, or shows something else than its votes say")
    }
    do {
      try file.verify(chain: genesis.chain, genesis: genesis.validators)
    } catch {
      throw ClientError.proof(error.rawValue)
    }
    return EvidenceCheck(file: file)
  }

  package var description: String {
    let evidence = file.evidence
    let votes = [evidence.first, evidence.second].map { vote in
      "\(vote.subject.kind) " + (vote.subject.proposal.map { "of block \($0.payload)" } ?? "of the view")
    }
    return """
      PROVED  \(file.organisation), validator \(evidence.signer) of epoch \(evidence.epoch), \(evidence.title)
              in view \(evidence.view); its key signed both votes:
              \(votes[0])
              \(votes[1])
      """
  }
}

extension NodeClient {
  /// All evidence that a node reports, each as an evidence file with the height that recorded it. Nothing is checked.
  package func evidence() async throws -> [JSON] {
    var all: [JSON] = []
    var path = "/v1/evidence"
    while true {
      let answer = try await json(path)
      guard let items = answer["evidence"]?.array else { throw ClientError.unreadable(path) }
      all += items
      // A node that never comes to an end must not keep its reader for ever.
      guard let after = answer["after"]?.string, !items.isEmpty, all.count < NodeClient.maximumEvidence else {
        return all
      }
      path = "/v1/evidence?after=\(after)"
    }
  }

  private static let maximumEvidence = 1 << 16

  /// The same file with the proof of its epoch's validators.
  package func provedEvidence(_ item: JSON) async throws -> JSON {
    guard case .null? = item["epochs"], let file = EvidenceFile(json: item) else { return item }
    let offence = file.evidence.offence
    return try await json("/v1/evidence/\(offence.epoch)/\(offence.view)/\(offence.signer)")
  }
}
