import Contracts
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore

extension API {
  func network(_ group: RouterGroup<BasicRequestContext>) {
    group.get("network", use: network)
    group.get("genesis", use: genesis)
    group.get("schemas", use: schemas)
    group.get("schemas/:name/:version", use: schema)
    group.get("outcomes", use: outcomes)
    group.get("problems/:code", use: problem)
  }

  @Sendable private func network(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let genesis = chain.genesis
    let parameters = genesis.parameters
    return .json([
      "network": .string(genesis.network), "chain": .string("\(genesis.chain)"),
      "production": .bool(genesis.production), "time": .integer(clock.now),
      "clock": ["rate": .integer(clock.rate), "origin": .integer(clock.origin / 1000)],
      "documentValiditySeconds": .integer(parameters.documentValiditySeconds),
      "offerWindowSeconds": .integer(parameters.offerWindowSeconds),
      "maximumTenorDays": .integer(parameters.maximumTenorDays),
      "board": [
        "organisations": .array(parameters.board.map { .string($0) }),
        "threshold": .integer(Int64(parameters.boardThreshold)),
      ],
      "epoch": .integer(Int64(clamping: chain.head.epoch)),
      "validators": API.json(try chain.validators(of: chain.head.epoch)),
      "height": .integer(Int64(chain.head.height)),
    ])
  }

  /// The exact bytes whose hash is the chain's name.
  @Sendable private func genesis(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    .bytes(chain.genesis.bytes, "application/json")
  }

  @Sendable private func schemas(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    .json(
      .array(
        registry.types.map {
          ["type": .string($0.type), "title": .string($0.title), "url": .string("/v1/schemas/\($0.type)")]
        }
      ))
  }

  @Sendable private func schema(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let type = "\(try text(context, "name"))/\(try text(context, "version"))"
    guard let act = registry.types.first(where: { $0.type == type }) else { throw Problem.notFound("schema \(type)") }
    return .bytes(Array(act.schema.indented.utf8), "application/schema+json")
  }

  @Sendable private func outcomes(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    .json(.array(OutcomeReference.entries.map(\.json)))
  }

  @Sendable private func problem(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let code = try text(context, "code")
    guard let entry = (OutcomeReference.entries + Problem.entries).first(where: { String($0.number) == code }) else {
      throw Problem.notFound("problem \(code)")
    }
    return .json(entry.json)
  }
}

/// Every number that a document can be answered with, in order: the source of docs/reference/outcomes.md.
package enum OutcomeReference {
  package struct Entry: Sendable {
    package let number: UInt16
    package let name: String
    package let remedy: String
    package let retryHelps: Bool
    package let isRefusal: Bool

    var json: JSON {
      [
        "number": .integer(Int64(number)), "name": .string(name), "remedy": .string(remedy),
        "retryHelps": .bool(retryHelps),
      ]
    }
  }

  package static let entries: [Entry] =
    Outcome.allCases.map {
      Entry(number: $0.number, name: $0.name, remedy: $0.remedy, retryHelps: false, isRefusal: $0.isRefusal)
    }
    + Refusal.allCases.map {
      Entry(number: $0.number, name: $0.name, remedy: $0.remedy, retryHelps: $0.retryHelps, isRefusal: true)
    }
}
