import ArgumentParser
import Client
import Foundation
import Ledger
import Node
import Synchronization

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Starts four validators and an observer on this machine and plays a trade from order to repaid loan.",
    discussion: """
      Real processes, signed documents and HTTP. The network's clock runs fast, so that a maturity of 60 days comes within a \
      minute. Afterwards the network keeps running until Ctrl-C, unless --exit is given. Status 0 only if every step and every \
      refusal came out as told.
      """)

  @Flag(name: .long, help: "End when the story is told.")
  var exit = false

  @Option(name: .long, help: "Where to keep keys and nodes; by default a temporary folder that is removed at the end.")
  var home: String?

  @Option(name: .long, help: "The plan of the network.")
  var plan = "genesis/development.json"

  @Option(name: .long, help: "The business files of the story.")
  var files = "genesis/demo/ubl"

  @Option(name: .long, help: "Seconds that banks have for their sealed offers.")
  var offerSeconds = 4

  @Option(name: .long, help: "Milliseconds to wait before each step.")
  var pace = 0

  @Flag(name: .long, help: "Print a JSON object a line, a step each.")
  var json = false

  func run() async throws {
    try await finishing {
      let folder = home ?? NSTemporaryDirectory() + "lianrong-demo-\(ProcessInfo.processInfo.processIdentifier)"
      let isTemporary = home == nil
      let cleanUp: @Sendable () -> Void = {
        if isTemporary { try? FileManager.default.removeItem(atPath: folder) }
      }
      defer { cleanUp() }
      let cluster = try Cluster.create(plan: readFile(plan), in: folder, ports: (8101, 9101))
      let network = cluster.network
      say("Network \(cluster.setup.genesis.network): 4 validators and 1 observer, on loopback.")
      if let clock = cluster.setup.genesis.clock {
        say(
          "Its clock runs \(clock.rate) times as fast as yours: a day in \(86_400_000 / clock.rate) ms. Development only."
        )
      }
      try network.startAll()
      defer { network.stopAll() }
      let progress = Progress()
      try await endingWithSignals(network, status: { progress.isTold ? 0 : 130 }, cleanUp) {
        try await network.waitUntilReady()
        say("All nodes are ready.\n")
        let story = try await Story(
          client: NodeClient(network.seats.prefix(4).map(\.url)), keys: folder + "/keys", files: files,
          offerWindow: .seconds(offerSeconds), pace: .milliseconds(pace)
        ) { step in output(json ? step.json.text : step.line) }
        let isAsTold = try await story.play()
        let agreed = try await cluster.agreement()
        say(agreed.text)
        say(
          isAsTold && agreed.holds
            ? "\nEvery step and every refusal came out as told." : "\nSOMETHING DID NOT COME OUT AS TOLD.")
        if !exit {
          progress.tell(isAsTold && agreed.holds)
          invite(network, folder, story)
          while true { try await Task.sleep(for: .seconds(3600)) }
        }
        if !isAsTold || !agreed.holds { throw ExitCode(1) }
      }
    }
  }

  /// What is for people alone goes to standard error when standard output is for programs.
  private func say(_ text: String) {
    if json { complain(text) } else { output(text) }
  }

  private func invite(_ network: LocalNetwork, _ folder: String, _ story: Story) {
    say("\nThe network keeps running. Stop it with Ctrl-C.")
    for seat in network.seats {
      say("  \(seat.name.padding(toLength: 12, withPad: " ", startingAt: 0)) \(seat.url)/v1/status")
    }
    let program = ownExecutable()
    say(
      """

      Try, in another terminal:
        \(program) get members/jinling-parts --url \(network.seats[0].url)
        \(program) get certificates/\(story.certificate) --url \(network.seats[0].url)
        \(program) get loans/\(story.loan) --url \(network.seats[0].url)
        \(program) get blocks/latest --url \(network.seats[0].url)
        \(program) audit --home \(folder)/observer-1
        \(program) audit --url \(network.seats[4].url) --genesis \(folder)/genesis.json
      """)
  }
}

/// Whether the story was told to its end, for whoever presses Ctrl-C.
private final class Progress: Sendable {
  private let told = Mutex(false)
  var isTold: Bool { told.withLock { $0 } }
  func tell(_ isAsTold: Bool) { told.withLock { $0 = isAsTold } }
}

/// Runs `body`; Ctrl-C and SIGTERM stop the nodes and end the process cleanly.
func endingWithSignals(
  _ network: LocalNetwork, status: @escaping @Sendable () -> Int32 = { 130 },
  _ cleanUp: @escaping @Sendable () -> Void, _ body: @escaping () async throws -> Void
) async throws {
  var sources: [any DispatchSourceSignal] = []
  for number in [SIGINT, SIGTERM] {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      complain("\nStopping the nodes.")
      network.stopAll()
      cleanUp()
      Foundation.exit(number == SIGINT ? status() : 143)
    }
    source.resume()
    sources.append(source)
  }
  defer { for source in sources { source.cancel() } }
  try await body()
}
