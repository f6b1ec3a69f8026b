import HTTPTypes
import Hummingbird
import Ledger
import NIOCore

/// An error as HTTP answers it: RFC 9457 problem details with the project's stable number.
package struct Problem: Error, HTTPResponseError {
  package var status: HTTPResponse.Status
  let code: UInt16
  let name: String
  let title: String
  var detail = ""
  var violations: [Violation] = []
  var retryHelps = false
  package var retryAfterSeconds: Int?

  package static func violations(_ violations: Violations) -> Problem {
    let first = violations.first
    let refusal = first.refusal
    var problem = Problem(
      status: status(of: refusal), code: refusal.number, name: refusal.name, title: refusal.remedy,
      detail: first.detail,
      violations: violations.all, retryHelps: refusal.retryHelps)
    if problem.status == .tooManyRequests { problem.retryAfterSeconds = 1 }
    return problem
  }

  private static func status(of refusal: Refusal) -> HTTPResponse.Status {
    switch refusal {
    case .poolFull, .shareExceeded: .tooManyRequests
    case .documentTooLarge: .contentTooLarge
    case .keyUnknown, .keyNotValid, .signatureInvalid: .forbidden
    case .replayed, .jtiReused: .conflict
    default: .unprocessableContent
    }
  }

  static func notFound(_ what: String) -> Problem {
    Problem(status: .notFound, code: 1101, name: "notFound", title: "Check the id or the path.", detail: what)
  }

  static func pruned(_ height: UInt64, oldest: UInt64) -> Problem {
    Problem(
      status: .gone, code: 1106, name: "notKept", title: "Ask a node that keeps all blocks.",
      detail: "this node keeps blocks from height \(oldest) on, not \(height)")
  }

  static func badRequest(_ detail: String) -> Problem {
    Problem(
      status: .badRequest, code: 1102, name: "requestInvalid", title: "Correct the request's path, query or headers.",
      detail: detail)
  }

  static func forbidden(_ detail: String) -> Problem {
    Problem(
      status: .forbidden, code: 1103, name: "notAuthorised", title: "Send a token of a party to what you ask for.",
      detail: detail)
  }

  static func unavailable(_ detail: String) -> Problem {
    Problem(
      status: .serviceUnavailable, code: 1104, name: "unavailable", title: "Ask again later.", detail: detail,
      retryHelps: true, retryAfterSeconds: 1)
  }

  /// Problems of the interface itself, beside what can be wrong with a document.
  static let entries: [OutcomeReference.Entry] = [
    notFound(""), badRequest(""), forbidden(""), unavailable(""), tooLarge, pruned(0, oldest: 0),
    failure(CancellationError()),
    http(.badRequest, ""),
  ].map {
    OutcomeReference.Entry(
      number: $0.code, name: $0.name, remedy: $0.title, retryHelps: $0.retryHelps, isRefusal: true)
  }.sorted { $0.number < $1.number }

  static func http(_ status: HTTPResponse.Status, _ detail: String) -> Problem {
    let isPath = status == .notFound && detail.isEmpty
    return Problem(
      status: status, code: 1100, name: "http",
      title: "Correct the request: docs/interfaces.md lists every path and method.",
      detail: isPath ? "there is no such path with this method" : "\(status.code) \(detail)")
  }

  static let tooLarge = Problem(
    status: .contentTooLarge, code: 1105, name: "bodyTooLarge", title: "Send fewer documents in one request.",
    detail: "at most \(API.maximumBodyBytes) bytes")

  static func failure(_ error: any Error) -> Problem {
    Problem(
      status: .internalServerError, code: 1199, name: "internal",
      title: "The node's operator finds the cause in its log.",
      detail: "\(type(of: error))")
  }

  var json: JSON {
    var members: [JSON.Member] = [
      .init("type", .string("/v1/problems/\(code)")), .init("title", .string(title)),
      .init("status", .integer(Int64(status.code))), .init("code", .integer(Int64(code))), .init("name", .string(name)),
      .init("detail", .string(detail)), .init("retryHelps", .bool(retryHelps)),
    ]
    if !violations.isEmpty {
      members.append(.init("violations", .array(violations.prefix(100).map(\.json))))
    }
    return .object(members)
  }

  package func response(from request: Request, context: some RequestContext) throws -> Response {
    var response = Response.json(json, status: status)
    response.headers[.contentType] = "application/problem+json"
    if let seconds = retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
    return response
  }
}

extension Violation {
  var json: JSON {
    [
      "code": .integer(Int64(refusal.number)), "name": .string(refusal.name), "pointer": .string(pointer),
      "detail": .string(detail), "remedy": .string(refusal.remedy),
    ]
  }
}

extension Response {
  static func json(_ json: JSON, status: HTTPResponse.Status = .ok) -> Response {
    bytes(json.utf8 + [0x0a], "application/json", status: status)
  }

  static func bytes(_ bytes: [UInt8], _ type: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: type],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}
