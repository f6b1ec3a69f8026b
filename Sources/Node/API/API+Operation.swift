import HTTPTypes
import Hummingbird
import Ledger

extension API {
  func operation(_ group: RouterGroup<BasicRequestContext>) {
    group.get("status") { _, _ in Response.json(await operations.status) }
    group.get("health/live") { _, _ in Response.json(["live": true]) }
    group.get("health/ready") { _, _ in
      guard await operations.isReady else { throw Problem.unavailable("the node has no quorum of peers yet") }
      return Response.json(["ready": true])
    }
    group.post("checkpoints", use: checkpoint)
  }

  /// For the owner of the home folder alone, who can read the token that stands there.
  @Sendable private func checkpoint(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard request.headers[.authorization] == "Bearer \(operations.controlToken)" else {
      throw Problem.forbidden("the token is in control.json of the node's home folder")
    }
    return .json(["path": .string(try await operations.checkpoint())])
  }
}
