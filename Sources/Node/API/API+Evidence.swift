import Contracts
import HTTPTypes
import Hummingbird
import Ledger
import LedgerStore
import Replication

/// What the interface asks of the running node about misbehaviour that no block carries yet.
protocol EvidenceSource: Sendable {
  /// In the order of offences.
  var waitingEvidence: [Evidence] { get async }
}

/// C-15: misbehaviour that this node knows of.
extension API {
  static let maximumEvidence = 256

  func evidence(_ group: RouterGroup<BasicRequestContext>, from source: any EvidenceSource) {
    group.get("evidence") { request, _ in
      let query = request.uri.queryParameters.get("after")
      let after = try query.map { try namedOffence($0.split(separator: "-").map(String.init)) }
      let recorded = try recordedEvidence(after: after)
      var items = try recorded.map { try item($0.evidence, recordedAt: $0.recordedAt, isProved: false) }
      if recorded.count < API.maximumEvidence {
        // What has been recorded since it was looked at is in one of the two lists, or in both; never in none.
        for evidence in await source.waitingEvidence where !recorded.contains(where: { $0.stateID == evidence.offence })
        {
          items.append(try item(evidence, recordedAt: nil, isProved: false))
        }
      }
      let next = recorded.count < API.maximumEvidence ? nil : recorded.last?.stateID
      return Response.json([
        "evidence": .array(items),
        "after": next.map { .string("\($0.epoch)-\($0.view)-\($0.signer)") } ?? .null,
      ])
    }
    group.get("evidence/:epoch/:view/:signer") { _, context in
      let offence = try namedOffence(["epoch", "view", "signer"].map { try text(context, $0) })
      if let recorded = try store.object(offence, Misbehaviour.self) {
        return Response.json(try item(recorded.evidence, recordedAt: recorded.recordedAt, isProved: true))
      }
      guard let waiting = await source.waitingEvidence.first(where: { $0.offence == offence }) else {
        throw Problem.notFound("evidence \(offence.epoch)/\(offence.view)/\(offence.signer)")
      }
      return Response.json(try item(waiting, recordedAt: nil, isProved: true))
    }
  }

  private func namedOffence(_ numbers: [String]) throws(Problem) -> Offence {
    guard numbers.count == 3, let epoch = UInt64(numbers[0]), let view = UInt64(numbers[1]),
      let signer = Int(numbers[2]), (0..<ValidatorSet.maximumCount).contains(signer)
    else { throw Problem.badRequest("an offence is named by its epoch, its view and its validator's index") }
    return Offence(epoch: epoch, view: view, signer: signer)
  }

  /// The next ones in the state, in the order of offences.
  private func recordedEvidence(after offence: Offence?) throws -> [Misbehaviour] {
    let table = StoreKey.state([StateTable.misbehaviour.rawValue]).bytes
    let after = offence.map { StoreKey.state(Misbehaviour.key($0)).bytes }
    var found: [Misbehaviour] = []
    try store.database.walk(from: after ?? table, backwards: false, fillsCache: false) {
      key, value throws(StorageFailure) in
      guard key.starts(with: table) else { return .stop }
      if key == after { return .on }
      guard let recorded = try? Misbehaviour(cbor: value) else {
        throw StorageFailure(.corruption, "recorded misbehaviour cannot be read")
      }
      found.append(recorded)
      return found.count < API.maximumEvidence ? .on : .stop
    }
    return found
  }

  /// An evidence file. The proof of its epoch's validators grows with the epochs, so a list goes without.
  private func item(_ evidence: Evidence, recordedAt height: UInt64?, isProved: Bool) throws -> JSON {
    let validators = try chain.validators(of: evidence.epoch)
    let epochs = isProved || evidence.epoch == 0 ? try chain.epochProof(to: evidence.epoch) : nil
    guard
      let file = EvidenceFile(
        chain: chain.genesis.chain, evidence: evidence, validators: validators, epochs: epochs)
    else { throw NodeFailure.damaged("the evidence of view \(evidence.view) accuses no validator") }
    return file.json.with("recordedAt", height.map { .integer(Int64(clamping: $0)) } ?? .null)
  }
}
