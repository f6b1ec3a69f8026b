import AsyncHTTPClient
import Ledger
import NIOCore
import Sodium

/// One network over HTTP: any of its nodes, the next one when the first does not answer. Nothing a node says is
/// believed
/// without proof where a proof is asked for.
package struct NodeClient: Sendable {
  package let urls: [String]
  private let http: HTTPClient
  /// For one answer. A wait for a document is shorter.
  package var timeout = TimeAmount.seconds(60)

  package init(_ urls: [String], http: HTTPClient = NodeClient.http) {
    precondition(!urls.isEmpty)
    self.urls = urls
    self.http = http
  }

  /// A node that refuses connections is known to be gone at once, so that the next one is asked and not waited for.
  package static let http: HTTPClient = {
    var configuration = HTTPClient.Configuration.singletonConfiguration
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  /// The same network, asked from this node on.
  package func preferring(_ index: Int) -> NodeClient {
    var client = NodeClient(Array(urls[(index % urls.count)...] + urls[..<(index % urls.count)]), http: http)
    client.timeout = timeout
    return client
  }

  package struct Answer: Sendable {
    package let status: UInt
    package let body: [UInt8]

    package var json: JSON? {
      var limits = JSONLimits()
      limits.bytes = NodeClient.maximumAnswer
      limits.values = 1 << 20
      limits.depth = 64
      return try? JSON.parse(body, limits: limits)
    }
  }

  static let maximumAnswer = 64 << 20

  // MARK: Documents

  /// Hands in a transmission (a compact JWS, with or without disclosures) and waits until it is executed. Sending the
  /// same
  /// bytes again, to another node even, gives the same document its first outcome.
  package func submit(_ transmission: [UInt8], wait: String = "executed") async throws -> SubmissionAnswer {
    let answer = try await post("/v1/documents?wait=\(wait)&timeout=20", transmission, type: "application/jose")
    guard let json = answer.json else { throw ClientError.unreadable("/v1/documents") }
    return SubmissionAnswer(json, status: answer.status)
  }

  /// Hands in many transmissions in one request; one answer each, in their order.
  package func submit(_ transmissions: [[UInt8]], wait: String = "executed") async throws -> [SubmissionAnswer] {
    guard transmissions.count > 1 else {
      var answers: [SubmissionAnswer] = []
      for transmission in transmissions { answers.append(try await submit(transmission, wait: wait)) }
      return answers
    }
    let body = Array(transmissions.joined(separator: [0x0a]))
    let answer = try await post("/v1/documents?wait=\(wait)&timeout=20", body, type: "application/jose")
    guard answer.status < 300 else {
      if let json = answer.json { throw ClientError.refused("/v1/documents", json) }
      throw ClientError.unreadable("/v1/documents")
    }
    let answers = try answer.body.split(separator: 0x0a).map { line in
      let json = try JSON.parse(Array(line))
      return SubmissionAnswer(json, status: json["code"] == nil ? 200 : 422)
    }
    guard answers.count == transmissions.count else { throw ClientError.unreadable("/v1/documents") }
    return answers
  }

  package func status(of id: Digest, wait: String? = nil) async throws -> SubmissionAnswer {
    let answer = try await get("/v1/documents/\(id)" + (wait.map { "?wait=\($0)&timeout=20" } ?? ""))
    guard let json = answer.json else { throw ClientError.unreadable("/v1/documents/\(id)") }
    return SubmissionAnswer(json, status: answer.status)
  }

  package func raw(_ id: Digest) async throws -> [UInt8] { try await bytes("/v1/documents/\(id)/jws") }

  // MARK: Requests

  package func json(_ path: String) async throws -> JSON {
    let answer = try await get(path)
    guard let json = answer.json else { throw ClientError.unreadable(path) }
    guard answer.status < 300 else { throw ClientError.refused(path, json) }
    return json
  }

  package func bytes(_ path: String) async throws -> [UInt8] {
    let answer = try await get(path)
    guard answer.status < 300 else {
      guard let json = answer.json else { throw ClientError.unreadable(path) }
      throw ClientError.refused(path, json)
    }
    return answer.body
  }

  package func get(_ path: String, headers: [(String, String)] = []) async throws -> Answer {
    try await request(path, method: .GET, headers: headers, body: nil)
  }

  package func post(_ path: String, _ body: [UInt8], type: String, headers: [(String, String)] = []) async throws
    -> Answer
  {
    try await request(path, method: .POST, headers: headers + [("content-type", type)], body: body)
  }

  /// Every request here may be repeated safely, so another node is asked when one cannot be reached.
  private func request(
    _ path: String, method: HTTPMethod, headers: [(String, String)], body: [UInt8]?
  ) async throws -> Answer {
    var failure: (any Error)?
    for url in urls {
      var request = HTTPClientRequest(url: url + path)
      request.method = method == .GET ? .GET : .POST
      for (name, value) in headers { request.headers.add(name: name, value: value) }
      if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
      do {
        let response = try await http.execute(request, timeout: timeout)
        let buffer = try await response.body.collect(upTo: NodeClient.maximumAnswer)
        if response.status.code == 503, url != urls.last { continue }
        return Answer(status: response.status.code, body: Array(buffer.readableBytesView))
      } catch let error as CancellationError {
        throw error
      } catch {
        failure = error
      }
    }
    throw ClientError.unreachable(urls.joined(separator: ", "), "\(failure.map { "\($0)" } ?? "no answer")")
  }

  private enum HTTPMethod {
    case GET, POST
  }
}

/// What a node answered to a document: how far it has come and its outcome, or why it was refused at the door.
package struct SubmissionAnswer: Sendable {
  package let id: String?
  package let status: String?
  package let height: Int64?
  /// Of the outcome, or of the refusal.
  package let number: Int64?
  package let name: String?
  package let pointer: String?
  package let detail: String?
  /// What to do, where there is something to do.
  package let remedy: String?
  /// Everything that is wrong with a document that was refused at the door.
  package let violations: [String]
  package let isRefusedAtDoor: Bool
  package let json: JSON

  init(_ json: JSON, status code: UInt) {
    self.json = json
    remedy = json["title"]?.string ?? json["outcome"]?["remedy"]?.string
    violations = (json["violations"]?.array ?? []).map { violation in
      [violation["pointer"], violation["detail"], violation["remedy"]].compactMap { $0?.string }
        .filter { !$0.isEmpty }.joined(separator: ": ")
    }
    isRefusedAtDoor = code >= 400
    id = json["id"]?.string
    status = isRefusedAtDoor ? "refused" : json["status"]?.string
    height = json["height"]?.integer
    number = isRefusedAtDoor ? json["code"]?.integer : json["outcome"]?["number"]?.integer
    name = isRefusedAtDoor ? json["name"]?.string : json["outcome"]?["name"]?.string
    pointer = json["outcome"]?["pointer"]?.string ?? json["violations"]?.array?.first?["pointer"]?.string
    detail = json["detail"]?.string
  }
}

/// What can go wrong between a client and the network; its description says what to do.
package enum ClientError: Error, Sendable, CustomStringConvertible {
  case unreachable(String, String)
  case unreadable(String)
  case refused(String, JSON)
  case file(String, String)
  case keyFile(String, String)
  case proof(String)
  case story(String)

  package var description: String {
    switch self {
    case .unreachable(let urls, let cause):
      "No node answers at \(urls) (\(cause)). Start one, or name another with --url."
    case .unreadable(let path): "The answer to \(path) cannot be read. Is this the URL of a Lianrong node?"
    case .refused(let path, let json):
      "\(path): \(json["code"]?.integer ?? 0) \(json["name"]?.string ?? ""), \(json["detail"]?.string ?? ""). \(json["title"]?.string ?? "")"
    case .file(let path, let fault): "The file \(path) cannot be used: \(fault)."
    case .keyFile(let path, let fault): "The key file \(path) cannot be used: \(fault)."
    case .proof(let fault): "The proof does not hold: \(fault). Do not rely on what it is about."
    case .story(let fault): fault
    }
  }
}
