import HTTPTypes
import Hummingbird
import Ledger
import Sodium

extension API {
  func operation(_ group: RouterGroup<BasicRequestContext>) {
    group.get("status") { _, _ in Response.json(await operations.status) }
    group.get("health/live") { _, _ in Response.json(["live": true]) }
    group.get("health/ready") { _, _ in
      guard await operations.isReady else { throw Problem.unavailable("the node has no quorum of peers yet") }
      return Response.json(["ready": true])
    }
    group.post("checkpoints", use: checkpoint)
    group.delete("documents/:id/disclosures", use: forget)
  }

  /// For the owner of the home folder alone, who can read the token that stands there.
  private func requireOwner(_ request: Request) throws(Problem) {
    guard request.headers[.authorization] == "Bearer \(operations.controlToken)" else {
      throw Problem.forbidden("the token is in control.json of the node's home folder")
    }
  }

  /// What the law says must go: the digests stay in the block, their content leaves this node.
  @Sendable private func forget(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    try requireOwner(request)
    let id = try digest(context)
    try operations.forgetDisclosures(of: id)
    return .json(["forgotten": .string("\(id)")])
  }

  @Sendable private func checkpoint(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    try requireOwner(request)
    return .json(["path": .string(try await operations.checkpoint())])
  }
}
