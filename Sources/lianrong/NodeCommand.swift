import ArgumentParser
import Logging
import Node

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
      try await NodeRun.serve(home: NodeHome(home), passphrase: passphrase(), logger: logger)
    }
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
