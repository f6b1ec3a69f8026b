import Foundation
import Glibc
import Ledger
import Synchronization

/// Node processes on this machine: for demonstrations, measurements and tests with real processes.
package final class LocalNetwork: Sendable {
  package struct Seat: Sendable {
    package let name: String
    package let home: String
    package let url: String

    package init(name: String, home: String, url: String) {
      self.name = name
      self.home = home
      self.url = url
    }
  }

  package let seats: [Seat]
  private let executable: String
  private let running = Mutex<[String: Running]>([:])

  private struct Running: @unchecked Sendable {
    // Unchecked: Foundation's Process is used under the lock alone.
    let process: Process
  }

  package init(seats: [Seat], executable: String) {
    self.seats = seats
    self.executable = executable
  }

  package var client: NodeClient { NodeClient(seats.map(\.url)) }

  package func startAll() throws {
    for seat in seats { try start(seat.name) }
  }

  /// Starts a node; what it says goes to `node.log` in its home folder.
  package func start(_ name: String) throws {
    guard let seat = seats.first(where: { $0.name == name }) else {
      throw ClientError.story("there is no node \(name)")
    }
    let log = seat.home + "/node.log"
    if !FileManager.default.fileExists(atPath: log), !FileManager.default.createFile(atPath: log, contents: nil) {
      throw ClientError.story("\(log) cannot be written")
    }
    guard let handle = FileHandle(forWritingAtPath: log) else { throw ClientError.story("\(log) cannot be written") }
    handle.seekToEndOfFile()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = ["node", "--home", seat.home]
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    try process.run()
    running.withLock { $0[name] = Running(process: process) }
  }

  package func processID(of name: String) -> Int32? {
    running.withLock { $0[name].flatMap { $0.process.isRunning ? $0.process.processIdentifier : nil } }
  }

  /// `kill -9`, and waits until it is gone.
  package func kill(_ name: String) {
    let process = running.withLock { $0.removeValue(forKey: name) }?.process
    guard let process else { return }
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Asks each to stop, and then insists.
  package func stopAll() {
    let processes = running.withLock { running in
      defer { running = [:] }
      return running.sorted { $0.key < $1.key }.map(\.value.process)
    }
    for process in processes where process.isRunning { process.terminate() }
    let deadline = Date().addingTimeInterval(5)
    for process in processes {
      while process.isRunning, Date() < deadline { usleep(20_000) }
      if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }
  }

  /// The last lines of a node's log, for an error that someone must understand.
  package func logTail(_ name: String) -> String {
    guard let seat = seats.first(where: { $0.name == name }),
      let text = try? String(contentsOfFile: seat.home + "/node.log", encoding: .utf8)
    else { return "" }
    return text.split(separator: "\n").suffix(8).joined(separator: "\n")
  }

  /// Returns when every node says that it is ready; fails when one ends or the time is up.
  package func waitUntilReady(limit: Duration = .seconds(60)) async throws {
    let deadline = ContinuousClock.now + limit
    for seat in seats {
      let client = NodeClient([seat.url])
      while true {
        if let answer = try? await client.get("/v1/health/ready"), answer.status == 200 { break }
        guard processID(of: seat.name) != nil else {
          throw ClientError.story("\(seat.name) ended:\n\(logTail(seat.name))")
        }
        guard ContinuousClock.now < deadline else {
          throw ClientError.story("\(seat.name) is not ready after \(limit):\n\(logTail(seat.name))")
        }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }

  /// Ports on loopback that nobody uses now: `preferred` and those after it where they are free.
  package static func freePorts(_ count: Int, preferring preferred: Int?) -> [Int] {
    if let preferred {
      let wanted = (0..<count).map { preferred + $0 }
      if wanted.allSatisfy({ isFree($0) }) { return wanted }
    }
    var sockets: [Int32] = []
    var ports: [Int] = []
    while ports.count < count {
      guard let (descriptor, port) = bound(to: 0) else { break }
      sockets.append(descriptor)
      ports.append(port)
    }
    for descriptor in sockets { close(descriptor) }
    return ports
  }

  private static func isFree(_ port: Int) -> Bool {
    guard let (descriptor, _) = bound(to: port) else { return false }
    close(descriptor)
    return true
  }

  private static func bound(to port: Int) -> (Int32, Int)? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var reuse: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard result == 0 else {
      close(descriptor)
      return nil
    }
    withUnsafeMutablePointer(to: &address) { pointer in
      _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }
}
