import ArgumentParser
import Client
import Foundation
import Ledger
import Node
import Replication

/// The one executable. Commands read their arguments, call Node or Client, and print.
@main
struct Lianrong: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lianrong",
    abstract: "A supply-chain finance ledger node and its tools (链融).",
    discussion: "Start with `lianrong demo`. Passphrases of key files are read from LIANRONG_PASSPHRASE.",
    version: "0.1.0",
    subcommands: [
      DemoCommand.self, NodeCommand.self, GenesisCommand.self, KeysCommand.self, SignCommand.self, SubmitCommand.self,
      ImportCommand.self, GetCommand.self, ProofCommand.self, AuditCommand.self, ChaosCommand.self,
      EvidenceCommand.self, StatusCommand.self, ValidatorsCommand.self, BenchCommand.self, SimulateCommand.self,
      SchemasCommand.self,
    ])
}

/// The passphrase of encrypted key files, from the environment: an argument would stand in the process list.
func passphrase() -> [UInt8]? {
  ProcessInfo.processInfo.environment["LIANRONG_PASSPHRASE"].map { Array($0.utf8) }
}

/// Ends the process with a sentence that says what to do, never with a trace.
func finishing(_ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let exit as ExitCode {
    throw exit
  } catch let failure as NodeFailure {
    complain("\(failure)")
    throw ExitCode(failure.status)
  } catch let error as ClientError {
    complain("\(error)")
    throw ExitCode(1)
  } catch let violations as Violations {
    for violation in violations.all {
      complain(
        "\(violation.refusal.number) \(violation.refusal.name) \(violation.pointer): \(violation.detail). \(violation.refusal.remedy)"
      )
    }
    throw ExitCode(1)
  } catch let error as ValidationError {
    throw error
  } catch {
    complain("\(error)")
    throw ExitCode(1)
  }
}

func complain(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}

func output(_ text: String) {
  do {
    try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
  } catch {
    // Whoever read has gone: there is nobody left to tell. 128 + SIGPIPE, as shells count.
    Foundation.exit(141)
  }
}

func readFile(_ path: String) throws -> [UInt8] {
  let data = path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: path)
  guard let data else { throw ClientError.file(path, "there is no such file, or it cannot be read") }
  return Array(data)
}

/// This very program, for the node processes that a demonstration or a measurement starts.
func ownExecutable() -> String {
  (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
}

struct URLOption: ParsableArguments {
  @Option(name: .long, help: "A node's URL; repeat it to name others that are asked when one does not answer.")
  var url: [String] = ["http://127.0.0.1:8101"]

  var client: NodeClient { NodeClient(url) }
}
