import Contracts
import Financing
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Replication
import Sodium

/// The node's HTTP interface under `/v1`. It reads and takes in; it decides no rule.
struct API: Sendable {
  let desk: DocumentDesk
  let registry: ActRegistry
  let clock: NetworkClock
  let operations: any NodeOperations

  /// One request carries at most this much: about 10,000 small documents.
  static let maximumBodyBytes = 8 << 20
  static let maximumConnections = 4096
  static let maximumWait = 60

  var chain: Chain { desk.chain }
  var store: ChainStore { desk.chain.store }

  func router() -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: ProblemMiddleware())
    let v1 = router.group("v1")
    documents(v1)
    objects(v1)
    blocks(v1)
    network(v1)
    evidence(v1, from: operations)
    validators(v1)
    operation(v1)
    return router
  }

  // MARK: Reading requests

  func digest(_ context: BasicRequestContext, _ name: String = "id") throws -> Digest {
    let text = context.parameters.get(name) ?? ""
    guard let digest = Digest(hexadecimal: text) else {
      throw Problem.badRequest("\(name) is 64 lower-case hexadecimal digits")
    }
    return digest
  }

  func text(_ context: BasicRequestContext, _ name: String) throws -> String {
    guard let text = context.parameters.get(name)?.removingPercentEncoding else {
      throw Problem.badRequest("\(name) is missing from the path")
    }
    return text
  }

  func height(_ context: BasicRequestContext) throws -> UInt64 {
    let text = context.parameters.get("height") ?? ""
    if text == "latest" { return chain.head.height }
    guard let height = UInt64(text) else { throw Problem.badRequest("height is a number or \"latest\"") }
    return height
  }
}

/// What the interface asks of the running node beside documents and the chain.
protocol NodeOperations: EvidenceSource {
  var status: JSON { get async }
  var isReady: Bool { get async }
  /// Writes a copy of the ledger for an audit; answers its path.
  func checkpoint() async throws -> String
  /// Deletes what this node holds of a document's disclosures.
  func forgetDisclosures(of document: Digest) throws
  var controlToken: String { get }
}

/// Turns every error into problem details, and never says more of a failure than its kind.
struct ProblemMiddleware: RouterMiddleware {
  func handle(
    _ request: Request, context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let problem as Problem {
      throw problem
    } catch let violations as Violations {
      throw Problem.violations(violations)
    } catch let error as HTTPError {
      throw error.status == .contentTooLarge ? Problem.tooLarge : Problem.http(error.status, error.body ?? "")
    } catch is NIOTooManyBytesError {
      throw Problem.tooLarge
    } catch is CancellationError {
      throw Problem.unavailable("the node is stopping")
    } catch {
      context.logger.error("a request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
      throw Problem.failure(error)
    }
  }
}
