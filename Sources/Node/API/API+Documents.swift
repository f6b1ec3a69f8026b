import Contracts
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Replication
import Sodium

extension API {
  func documents(_ group: RouterGroup<BasicRequestContext>) {
    group.post("documents", use: submit)
    group.post("documents/verify", use: dryRun)
    group.get("documents/:id", use: status)
    group.get("documents/:id/jws", use: raw)
    group.get("documents/:id/proof", use: proof)
    group.get("documents/:id/disclosures", use: disclosures)
  }

  /// One compact JWS, or many, one a line. A single one is answered with its status; many with one JSON object a line.
  @Sendable private func submit(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let lines = try await lines(request)
    let stage = try waitStage(request)
    let submitted = try await desk.submit(lines)
    if let stage {
      // An id stands for a document that is on its way or recorded; what was refused is not waited for.
      let ids = submitted.filter { $0.violations == nil }.compactMap(\.id)
      try await desk.wait(for: ids, stage: stage, limit: waitLimit(request))
    }
    if lines.count == 1 { return try answer(to: submitted[0], stage) }
    var body: [UInt8] = []
    for one in submitted {
      body += try line(for: one).utf8
      body.append(0x0a)
    }
    return .bytes(body, "application/x-ndjson")
  }

  private func answer(to submitted: DocumentDesk.Submitted, _ stage: DocumentStage?) throws -> Response {
    if let violations = submitted.violations {
      var problem = Problem.violations(violations)
      if let id = submitted.id, violations.first.refusal == .replayed { problem.detail += ", document \(id)" }
      throw problem
    }
    guard let id = submitted.id else { throw Problem.badRequest("no document") }
    let json = try json(of: id)
    let reached = try desk.status(of: id).map { $0.stage } ?? .pending
    // A wait that ends first is no error: the answer is 202, and the status URL tells the rest.
    var response = Response.json(json, status: stage.map { reached >= $0 } ?? false ? .ok : .accepted)
    response.headers[.location] = "/v1/documents/\(id)"
    return response
  }

  private func line(for submitted: DocumentDesk.Submitted) throws -> JSON {
    if let violations = submitted.violations { return Problem.violations(violations).json }
    return try submitted.id.map { try json(of: $0) } ?? .null
  }

  private func lines(_ request: Request) async throws -> [[UInt8]] {
    let body = try await request.body.collect(upTo: API.maximumBodyBytes)
    let lines = body.readableBytesView.split(separator: 0x0a).map { line in
      Array(line.last == 0x0d ? line.dropLast() : line)
    }.filter { !$0.isEmpty }
    guard !lines.isEmpty else {
      throw Problem.badRequest("the body holds no document: send a compact JWS, or one a line")
    }
    return lines
  }

  private func waitStage(_ request: Request) throws -> DocumentStage? {
    guard let text = request.uri.queryParameters.get("wait") else { return nil }
    guard let stage = DocumentStage(name: text), stage != .pending else {
      throw Problem.badRequest("wait is finalized, executed or attested")
    }
    return stage
  }

  private func waitLimit(_ request: Request) throws -> Duration {
    guard let text = request.uri.queryParameters.get("timeout") else { return .seconds(10) }
    guard let seconds = Int(text), (1...API.maximumWait).contains(seconds) else {
      throw Problem.badRequest("timeout is 1 to \(API.maximumWait) seconds")
    }
    return .seconds(seconds)
  }

  /// Signature, schema and rules against the current state; nothing is submitted.
  @Sendable private func dryRun(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard let bytes = try await lines(request).first else { throw Problem.badRequest("no document") }
    let head = chain.head
    let document = try desk.door.admitted(DocumentDesk.split(bytes).jws, head: head.height)
    let block = BlockContext(height: head.height + 1, time: max(head.time, clock.now))
    let result = try Executor.execute([document], in: block, on: store)
    return .json([
      "id": .string("\(document.id)"), "wouldBe": result.outcomes[0].json, "height": .integer(Int64(head.height)),
    ])
  }

  @Sendable private func status(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let id = try digest(context)
    if let stage = try waitStage(request) { try await desk.wait(for: [id], stage: stage, limit: waitLimit(request)) }
    guard try desk.status(of: id) != nil else { throw Problem.notFound("document \(id)") }
    return .json(try json(of: id))
  }

  private func json(of id: Digest) throws -> JSON {
    let status = try desk.status(of: id)
    var members: [JSON.Member] = [
      .init("id", .string("\(id)")), .init("status", .string((status?.stage ?? .pending).name)),
      .init("statusURL", .string("/v1/documents/\(id)")),
    ]
    if let location = status?.location {
      members.append(.init("height", .integer(Int64(location.height))))
      if status?.outcome != nil { members.append(.init("index", .integer(Int64(location.index)))) }
    }
    if let outcome = status?.outcome { members.append(.init("outcome", outcome.json)) }
    return .object(members)
  }

  /// The exact compact JWS and nothing else.
  @Sendable private func raw(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let id = try digest(context)
    guard let document = try document(id) else { throw Problem.notFound("document \(id)") }
    return .bytes(document, "application/jose")
  }

  func document(_ id: Digest) throws -> [UInt8]? {
    if let location = try store.location(of: id) {
      return try store.finalizedBlock(at: location.height)?.block.documents[location.index]
    }
    return desk.pool.document(id)?.verified.signed.bytes
  }

  @Sendable private func proof(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let id = try digest(context)
    guard let proof = try ProofDesk(chain).proof(of: id) else {
      guard try desk.status(of: id) != nil else { throw Problem.notFound("document \(id)") }
      throw Problem.unavailable("the document is not attested yet")
    }
    // Whoever has only the genesis needs the changes of validators since.
    let epochs = try chain.epochProof(to: proof.attestation.epoch)
    return .json(
      epochs.links.isEmpty ? proof.json : proof.json.with("epochs", .string(Base64URL.encode(epochs.cbor))))
  }

  @Sendable private func disclosures(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let id = try digest(context)
    guard let bytes = try document(id), let texts = try desk.disclosures.disclosures(of: id) else {
      throw Problem.notFound("disclosures of document \(id)")
    }
    let document = try desk.door.checked(bytes, keyKnownAt: chain.head.height)
    let reader = try ReadToken(request).member(door: desk.door, head: chain.head.height)
    guard reader == document.envelope.issuer || document.act.parties.contains(reader) else {
      throw Problem.forbidden("\(reader) is no party to this document")
    }
    return .json([
      "document": .string("\(id)"), "disclosures": .array(texts.map { .string($0) }),
      "members": .object(texts.compactMap { Disclosure($0) }.map { .init($0.name, $0.value) }),
    ])
  }
}

extension OutcomeRecord {
  var json: JSON {
    var members: [JSON.Member] = [
      .init("number", .integer(Int64(outcome.number))), .init("name", .string(outcome.name)),
    ]
    if !pointer.isEmpty { members.append(.init("pointer", .string(pointer))) }
    if outcome.isRefusal { members.append(.init("remedy", .string(outcome.remedy))) }
    return .object(members)
  }
}
