import Client
import Foundation
import Glibc
import Testing

/// The executable that was built together with these tests.
enum Program {
  /// It stands beside the test bundle.
  static let path: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    var folder = URL(fileURLWithPath: own).deletingLastPathComponent()
    for argument in CommandLine.arguments where argument.contains(".xctest") {
      let bundle = argument.split(separator: ".xctest", omittingEmptySubsequences: false)[0]
      folder = URL(fileURLWithPath: String(bundle)).deletingLastPathComponent()
    }
    return folder.appending(path: "lianrong").path
  }()

  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  struct Ending {
    let status: Int32
    /// Standard output and standard error.
    let said: String
  }

  /// Runs the program until it ends, and makes it end when it does not.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], limit: Duration = .seconds(30)
  ) async throws -> Ending {
    try await run(path, arguments, environment, limit)
  }

  /// Runs it under a bound for the size of each file, as on a full disk: writes fail, the process lives.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], fileBlocks: Int, limit: Duration = .seconds(60)
  ) async throws -> Ending {
    let script = "trap '' XFSZ; ulimit -f \(fileBlocks); exec \"$0\" \"$@\""
    return try await run("/bin/sh", ["-c", script, path] + arguments, environment, limit)
  }

  private static func run(
    _ executable: String, _ arguments: [String], _ environment: [String: String], _ limit: Duration
  ) async throws -> Ending {
    let pipe = Pipe()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    defer { if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) } }
    let said = Task.detached { String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
    do {
      try await wait("\(arguments.joined(separator: " ")) ends", limit: limit) { !process.isRunning }
    } catch {
      Glibc.kill(process.processIdentifier, SIGKILL)
      throw ClientError.story("it did not end, and said: \(await said.value)")
    }
    return Ending(status: process.terminationStatus, said: await said.value)
  }
}
