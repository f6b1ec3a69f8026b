import Client
import Foundation
import Ledger
import Node
import Testing

extension ProcessTests {
  @Suite("Hostile HTTP clients") struct HostileHTTPTests {
    /// A node that answers, with the port of its HTTP interface; it must answer still when `body` is done.
    private func withNode(_ body: (TestNetwork, Int) async throws -> Void) async throws {
      try await TestNetwork.with(.alone) { network in
        try network.processes.startAll()
        try await network.waitUntilReady(network.names)
        try await body(network, try network.home("validator-1").readConfiguration().httpAddress.port)
        let answer = try await network.node("validator-1").get("/v1/health/ready")
        #expect(answer.status == 200)
        try await network.record(["PO-STILL"], at: "validator-1")
        let process = try #require(network.processes.processID(of: "validator-1"))
        let megabytes = try #require(Measurement.usage(of: process)?.megabytes)
        #expect(megabytes < 300)
      }
    }

    private static let post = "POST /v1/documents HTTP/1.1\r\nHost: node\r\nContent-Type: application/jose\r\n"

    @Test("Bytes that are no HTTP end the connection, not the node") func garbage() async throws {
      try await withNode { _, port in
        for seed in 1...40 {
          let connection = try RawConnection(port: port)
          var generator = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
          let bytes = (0..<4096).map { _ -> UInt8 in
            generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: generator >> 33)
          }
          connection.send(bytes + Array("\r\n\r\n".utf8))
          let answer = connection.answer(upTo: "\r\n\r\n")
          #expect(answer.isEmpty || answer.contains(" 400 "), "\(answer)")
        }
      }
    }

    @Test("More than 8 MB are refused with 413 and problem details, announced or not") func tooLarge() async throws {
      try await withNode { network, port in
        let answer = try await network.node("validator-1").post(
          "/v1/documents", [UInt8](repeating: 0x41, count: (8 << 20) + 1), type: "application/jose")
        #expect(answer.status == 413)
        #expect(answer.json?["code"] == 1105)
        let chunked = try RawConnection(port: port)
        chunked.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n")
        let chunk = [UInt8](repeating: 0x41, count: 1 << 20)
        for _ in 0..<10 {
          if !chunked.send(Array("100000\r\n".utf8) + chunk + Array("\r\n".utf8)) { break }
        }
        let refused = chunked.answer(upTo: "\"code\":1105")
        #expect(refused.isEmpty || refused.contains(" 413 "), "\(refused)")
      }
    }

    @Test("Bodies that are announced and do not come, or come a byte at a time, hold nobody up") func slow()
      async throws
    {
      try await withNode { network, port in
        let huge = try RawConnection(port: port)
        huge.send(Self.post + "Content-Length: 9007199254740991\r\n\r\n")
        let negative = try RawConnection(port: port)
        negative.send(Self.post + "Content-Length: -1\r\n\r\n")
        #expect(!negative.answer(upTo: "\r\n\r\n").contains(" 200 "))
        let slow = try RawConnection(port: port)
        slow.send(Self.post + "Content-Length: 100\r\n\r\n")
        for number in 1...10 {
          slow.send("A")
          try await network.record(["PO-\(number)"], at: "validator-1")
        }
        withExtendedLifetime(huge) {}
        withExtendedLifetime(slow) {}
      }
    }

    @Test("A flood of headers is cut off") func headers() async throws {
      try await withNode { _, port in
        // The node reads no further, or closes: either way the flood stands.
        let connection = try RawConnection(port: port, seconds: 2)
        connection.send("GET /v1/status HTTP/1.1\r\nHost: node\r\n")
        let header = Array(("X-Flood: " + String(repeating: "a", count: 1000) + "\r\n").utf8)
        var sent = 0
        while sent < 32 << 20, connection.send(header) { sent += header.count }
        #expect(sent < 32 << 20)
        #expect(!connection.answer(upTo: "\r\n\r\n").contains(" 200 "))
      }
    }

    @Test("A thousand connections that say nothing leave room for those that do") func idle() async throws {
      try await withNode { network, port in
        var descriptors: [RawConnectionBox] = []
        for _ in 0..<1000 { descriptors.append(RawConnectionBox(try RawConnection(port: port))) }
        try await network.record(["PO-1", "PO-2"], at: "validator-1")
        withExtendedLifetime(descriptors) {}
      }
    }

    private final class RawConnectionBox {
      let connection: RawConnection
      init(_ connection: consuming RawConnection) { self.connection = connection }
    }

    @Test(
      "An unknown path or object is 404 with problem details",
      arguments: [
        "/", "/v1", "/v2/status", "/v1/nothing", "/v1/blocks/99999999",
        "/v1/documents/0000000000000000000000000000000000000000000000000000000000000000",
        "/v1/members/nobody", "/v1/../../etc/passwd", "/v1/schemas/order/9",
      ])
    func unknown(_ path: String) async throws {
      try await withNode { _, port in
        let connection = try RawConnection(port: port)
        connection.send("GET \(path) HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n")
        let answer = connection.answer()
        #expect(answer.hasPrefix("HTTP/1.1 404 "), "\(answer)")
        #expect(answer.lowercased().contains("content-type: application/problem+json"), "\(answer)")
      }
    }

    @Test(
      "A malformed path, query or body is the sender's fault, never a failure of the node",
      arguments: [
        "GET /v1/blocks/-1", "GET /v1/blocks/18446744073709551616", "GET /v1/documents/XYZ",
        "GET /v1/members/%FF%FE", "GET /v1/orders/%00/%00", "GET /v1/blocks/0", "GET /v1/export/blocks/0",
        "GET /v1/documents/0000000000000000000000000000000000000000000000000000000000000000?wait=soon",
        "POST /v1/documents?wait=executed&timeout=0", "POST /v1/documents?wait=executed&timeout=99999999999999999999",
        "POST /v1/documents", "POST /v1/documents/verify", "POST /v1/checkpoints", "DELETE /v1/documents",
      ])
    func malformed(_ line: String) async throws {
      try await withNode { _, port in
        let connection = try RawConnection(port: port)
        connection.send("\(line) HTTP/1.1\r\nHost: node\r\nConnection: close\r\nContent-Length: 3\r\n\r\na.b")
        let answer = connection.answer()
        #expect(answer.hasPrefix("HTTP/1.1 4") || line.contains("export"), "\(answer)")
      }
    }
  }
}
