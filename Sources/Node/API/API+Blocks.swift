import Contracts
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Sodium

extension API {
  func blocks(_ group: RouterGroup<BasicRequestContext>) {
    group.get("blocks/:height", use: block)
    group.get("headers/:height", use: header)
    group.get("export/blocks/:height", use: export)
  }

  @Sendable private func block(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let height = try height(context)
    guard let finalized = try store.finalizedBlock(at: height), let outcomes = try store.outcomes(at: height),
      let leaf = try store.leaf(at: height)
    else { throw try missing("block", height) }
    let documents = zip(finalized.block.documents, outcomes).map { bytes, outcome -> JSON in
      let envelope = (try? SignedDocument(bytes))?.envelope
      return [
        "id": .string("\(outcome.document)"), "type": .string(envelope?.type ?? ""),
        "issuer": .string(envelope?.issuer ?? ""), "outcome": outcome.json,
      ]
    }
    return .json([
      "header": finalized.block.header.json, "digest": .string("\(leaf.block)"),
      "stateRoot": .string("\(leaf.stateRoot)"), "outcomesRoot": .string("\(leaf.outcomesRoot)"),
      "view": .integer(Int64(clamping: finalized.finality.proposal.view)),
      "finalization": finalized.finality.certificate?.json ?? .null, "documents": .array(documents),
      "evidence": .array(
        finalized.block.evidence.map {
          [
            "epoch": .integer(Int64(clamping: $0.epoch)), "view": .integer(Int64(clamping: $0.view)),
            "signer": .integer(Int64($0.signer)), "offence": .string($0.title),
          ]
        }),
    ])
  }

  @Sendable private func header(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let height = try height(context)
    guard let finalized = try store.finalizedBlock(at: height) else { throw try missing("header", height) }
    return .json([
      "header": finalized.block.header.json, "cbor": .string(Base64URL.encode(finalized.block.header.cbor)),
      "digest": .string("\(finalized.block.digest)"), "finalization": finalized.finality.certificate?.json ?? .null,
    ])
  }

  /// What is not there may have been there.
  private func missing(_ what: String, _ height: UInt64) throws -> Problem {
    let oldest = try store.oldestHeight()
    return height > 0 && height < oldest ? Problem.pruned(height, oldest: oldest) : .notFound("\(what) \(height)")
  }

  /// Finalized blocks from a height on, for a program that follows and verifies: each a CBOR byte string, up to 4 MiB.
  @Sendable private func export(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    var height = try height(context)
    let newest = chain.head.height
    var writer = CBORWriter()
    while height <= newest, writer.bytes.count < 4 << 20, let block = try store.finalizedBlock(at: height) {
      writer.bytes(block.cbor)
      height += 1
    }
    return .bytes(writer.bytes, "application/cbor-seq")
  }
}

extension Header {
  var json: JSON {
    [
      "format": .integer(Int64(Header.format)), "protocolVersion": .integer(Int64(protocolVersion)),
      "suite": .integer(Int64(suite)), "chain": .string("\(chain)"), "epoch": .integer(Int64(epoch)),
      "height": .integer(Int64(height)), "parent": .string("\(parent)"), "time": .integer(time),
      "proposer": .integer(Int64(proposer)), "documentsRoot": .string("\(documentsRoot)"),
      "evidenceRoot": .string("\(evidenceRoot)"),
      "executed": [
        "height": .integer(Int64(executed.height)), "stateRoot": .string("\(executed.stateRoot)"),
        "historyRoot": .string("\(executed.historyRoot)"),
      ],
      "validators": .string("\(validators)"), "nextValidators": .string("\(nextValidators)"),
    ]
  }
}

extension Certificate {
  var json: JSON {
    var members: [JSON.Member] = [
      .init("kind", .string("\(kind)")), .init("epoch", .integer(Int64(epoch))),
      .init("view", .integer(Int64(clamping: view))),
    ]
    if let proposal = subject.proposal {
      members.append(.init("parentView", .integer(Int64(clamping: proposal.parentView))))
      members.append(.init("block", .string("\(proposal.payload)")))
    }
    members.append(
      .init(
        "signatures",
        .array(
          votes.map {
            ["signer": .integer(Int64($0.signer)), "signature": .string(Base64URL.encode($0.signature.bytes))]
          })))
    members.append(.init("cbor", .string(Base64URL.encode(cbor))))
    return .object(members)
  }
}
