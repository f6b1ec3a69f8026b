import ArgumentParser
import Foundation
import Logging
import Node
import Replication

struct NodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node",
    abstract: "Runs a validator or an observer from its home folder.",
    discussion: """
      The folder holds genesis.json, config.json and the node's keys; `lianrong genesis` makes it. Whether the node votes \
      follows from its transport key in genesis. Stop it with Ctrl-C or SIGTERM.
      """)

  @Option(name: .long, help: "The node's home folder.")
  var home: String

  @Option(name: .long, help: "How much to log: debug, info, warning or error.")
  var log: Logger.Level = .info

  @Flag(name: .long, help: "The first start of a validator whose keys were made elsewhere and have never voted.")
  var firstStart = false

  func run() async throws {
    try await finishing {
      if firstStart { try NodeHome(home).prepareValidator() }
      var logger = Logger(label: "lianrong")
      logger.logLevel = log
      do {
        try await NodeRun(home: NodeHome(home), passphrase: passphrase(), logger: logger).run()
      } catch NodeFailure.restart(let reason) {
        logger.info("starting again", metadata: ["reason": "\(reason)"])
        try startAgain()
      }
    }
  }
}

/// This process begins anew, under its own number, and with nothing of what it held.
private func startAgain() throws {
  var arguments = CommandLine.arguments.filter { $0 != "--first-start" }.map { strdup($0) }
  arguments.append(nil)
  execv(ownExecutable(), &arguments)
  throw NodeFailure.configuration(
    path: ownExecutable(), "it cannot be started again: \(String(cString: strerror(errno)))")
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
