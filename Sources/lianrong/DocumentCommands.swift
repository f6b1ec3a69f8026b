import ArgumentParser
import Client
import Contracts
import Foundation
import Ledger
import Node
import Sodium

struct SignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Signs unsigned documents and prints each as a compact JWS with its disclosures, one a line.",
    discussion: """
      Input is JSON, {"type", "terms", "details"?}, one document or one a line, as `lianrong import --drafts` writes them. The \
      network's id and time come from the node at --url.
      """)

  @Argument(help: "The documents; - for standard input.")
  var file: String = "-"

  @Option(name: .long, help: "The key file to sign with.")
  var key: String

  @OptionGroup var urls: URLOption

  func run() async throws {
    try await finishing {
      let key = try MemberKey.read(key, passphrase: passphrase())
      let facts = try await NetworkFacts.fetch(urls.client)
      for draft in try DocumentDraft.read(readFile(file)) {
        let signed = key.sign(draft, network: facts.network, now: facts.now, validity: facts.validity)
        output(String(decoding: signed.transmission, as: UTF8.self))
      }
    }
  }
}

struct SubmitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Hands signed documents to a node, one a line, and prints what became of each.",
    discussion:
      "Sending the same line twice is safe: the answer is the first outcome. Status 0 only if all were accepted.")

  @Argument(help: "The signed documents; - for standard input.")
  var file: String = "-"

  @Option(name: .long, help: "Wait until each is finalized, executed or attested.")
  var wait = "executed"

  @Flag(name: .long, help: "Print a JSON object a line.")
  var json = false

  @OptionGroup var urls: URLOption

  func run() async throws {
    try await finishing {
      guard ["finalized", "executed", "attested"].contains(wait) else {
        throw ValidationError("--wait is finalized, executed or attested.")
      }
      let lines = try readFile(file).split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }).map { Array($0) }
      guard !lines.isEmpty else { throw ClientError.file(file, "it holds no document") }
      var allAccepted = true
      for start in stride(from: 0, to: lines.count, by: SubmitCommand.perRequest) {
        let part = Array(lines[start..<min(start + SubmitCommand.perRequest, lines.count)])
        for (index, answer) in try await urls.client.submit(part, wait: wait).enumerated() {
          allAccepted = allAccepted && (answer.number ?? 2) <= 1 && !answer.isRefusedAtDoor
          output(json ? answer.json.text : describe(answer, line: start + index + 1))
        }
      }
      if !allAccepted { throw ExitCode(1) }
    }
  }

  private static let perRequest = 500

  private func describe(_ answer: SubmissionAnswer, line: Int) -> String {
    if answer.isRefusedAtDoor {
      let faults = answer.violations.isEmpty ? [answer.detail, answer.remedy].compactMap { $0 } : answer.violations
      return "line \(line): refused at the door, \(answer.number ?? 0) \(answer.name ?? "")"
        + faults.map { "\n  \($0)" }.joined()
    }
    let id = answer.id ?? ""
    guard let number = answer.number else {
      return """
        line \(line): \(id) \(answer.status ?? "pending")
          The node has it, but it has no outcome yet. Do not sign it again: ask `lianrong get \(id)`, or submit it again.
        """
    }
    let place = answer.height.map { " at height \($0)" } ?? ""
    let pointer = answer.pointer.map { " (\($0))" } ?? ""
    return "line \(line): \(id) \(answer.status ?? "")\(place), outcome \(number) \(answer.name ?? "")\(pointer)"
      + (answer.remedy.map { "\n  \($0)" } ?? "")
  }
}

struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turns UBL 2.1 files into unsigned documents and says what was not carried over.",
    discussion: """
      Order, OrderResponse, DespatchAdvice, ReceiptAdvice, Invoice and CreditNote. Parties are found by an identifier with \
      schemeID="lianrong" or by --party. Document types, external entities and anything that is not UBL are refused with a \
      number. Status 0 only if every file was imported.
      """)

  @Argument(help: "The files.")
  var files: [String]

  @Option(
    name: .long,
    help: "SCHEME:VALUE=MEMBER or VALUE=MEMBER: which member an identifier in the files means. May be repeated.")
  var party: [String] = []

  @Option(name: .long, help: "The number of the order, where a file names none.")
  var order: String?

  @Option(name: .long, help: "The number of the dispatch advice, where a file names none.")
  var dispatch: String?

  @Option(name: .long, help: "The number of the invoice, where a file names none.")
  var invoice: String?

  @Option(name: .long, help: "The carrier's member id, where a file names none.")
  var carrier: String?

  @Flag(name: .long, help: "Print a JSON object a line, a file each.")
  var json = false

  @Flag(name: .long, help: "Print only the unsigned documents, one a line, ready for `lianrong sign`.")
  var drafts = false

  func run() async throws {
    try await finishing {
      let importer = UBLImporter(
        parties: try party.map(mapping),
        missing: UBLImporter.MissingReferences(order: order, dispatch: dispatch, invoice: invoice, carrier: carrier))
      var allImported = true
      for file in files {
        guard let bytes = try? readFile(file) else {
          allImported = false
          let fault: JSON = [
            "code": 7000, "name": "unreadable", "message": "There is no such file, or it cannot be read.",
          ]
          if json { output(JSON.object([.init("file", .string(file)), .init("refused", fault)]).text) }
          if !json { complain("\(file): 7000 unreadable: there is no such file, or it cannot be read.") }
          continue
        }
        let result = importer.importFile(bytes, name: file)
        if case .refused = result { allImported = false }
        if drafts {
          if case .imported(_, let drafts, let notCarried) = result {
            for draft in drafts { output(draft.json.text) }
            for remark in notCarried where remark.contains("is not mapped") { complain("\(file): \(remark)") }
            if !notCarried.isEmpty { complain("\(file): \(notCarried.count) remarks; read them without --drafts.") }
          }
          if case .refused(let code, let message) = result { complain("\(code.number) \(code.name): \(message)") }
        } else {
          output(json ? result.json(file: file).text : describe(result, file))
        }
      }
      if !allImported { throw ExitCode(1) }
    }
  }

  private func mapping(_ argument: String) throws -> (scheme: String?, value: String, member: String) {
    guard let equals = argument.lastIndex(of: "=") else {
      throw ValidationError("--party is SCHEME:VALUE=MEMBER or VALUE=MEMBER, not \(argument)")
    }
    let parts = argument[..<equals].split(separator: ":", maxSplits: 1)
    return (
      parts.count == 2 ? String(parts[0]) : nil, String(parts.last ?? ""),
      String(argument[argument.index(after: equals)...])
    )
  }

  private func describe(_ result: ImportResult, _ file: String) -> String {
    switch result {
    case .imported(let type, let drafts, let notCarried):
      var lines = ["\(file): \(type) → \(drafts.map(\.type).joined(separator: ", "))"]
      for draft in drafts { lines.append(draft.terms.indented) }
      if !notCarried.isEmpty {
        lines.append("not carried over:\n" + notCarried.map { "  - \($0)" }.joined(separator: "\n"))
      }
      return lines.joined(separator: "\n")
    case .refused(let code, let message):
      return "refused, \(code.number) \(code.name): \(message)"
    }
  }
}

struct GetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get",
    abstract: "Reads a document's status, or any object by its path below /v1.",
    discussion: """
      lianrong get ID                              what became of a document
      lianrong get --raw ID                        its exact compact JWS and nothing else
      lianrong get certificates/ID                 also loans/ID, members/ID, invoices/SUPPLIER/NUMBER, blocks/HEIGHT, status …
      """)

  @Argument(help: "A document's id, or a path.")
  var what: String

  @Flag(name: .long, help: "The exact compact JWS and nothing else.")
  var raw = false

  @Flag(name: .long, help: "Print compact JSON.")
  var json = false

  @OptionGroup var urls: URLOption

  func run() async throws {
    try await finishing {
      if raw {
        guard let id = Digest(hexadecimal: what) else {
          throw ValidationError("--raw takes a document's id, 64 hexadecimal digits.")
        }
        return output(String(decoding: try await urls.client.raw(id), as: UTF8.self))
      }
      var path = what.hasPrefix("/") ? String(what.dropFirst()) : what
      if path.hasPrefix("v1/") { path = String(path.dropFirst(3)) }
      if path.allSatisfy(\.isHexDigit), Digest(hexadecimal: path) == nil {
        throw ValidationError("An id has 64 hexadecimal digits, in lower case; this has \(path.count).")
      }
      if Digest(hexadecimal: path) != nil { path = "documents/\(path)" }
      let answer = try await urls.client.json("/v1/\(path)")
      output(json ? answer.text : String(answer.indented.dropLast()))
    }
  }
}

struct ProofCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proof",
    abstract: "Fetches the proof of a document and its outcome, and checks it without trusting the node.",
    discussion:
      "The proof is checked under the genesis file that you name, from a source you trust. --json prints the proof itself."
  )

  @Argument(help: "The document's id, or with --verify a file with a proof.")
  var document: String

  @Option(name: .long, help: "The network's genesis file.")
  var genesis: String

  @Flag(name: .long, help: "Check a proof from a file; no node is needed.")
  var verify = false

  @Flag(name: .long, help: "Print the proof as JSON after checking it.")
  var json = false

  @OptionGroup var urls: URLOption

  func run() async throws {
    try await finishing {
      let genesis = try Genesis(json: try readFile(genesis))
      let source: JSON
      if verify {
        source = try ProofCheck.parse(readFile(document))
      } else {
        guard Digest(hexadecimal: document) != nil else {
          throw ValidationError("Name a document by its id, 64 hexadecimal digits.")
        }
        source = try await urls.client.json("/v1/documents/\(document)/proof")
      }
      let checked = try ProofCheck.check(source, genesis: genesis, document: verify ? nil : document)
      output(json ? source.text : checked.description)
    }
  }
}

struct SchemasCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schemas",
    abstract: "Writes the JSON Schema of every document type, and the reference of outcomes, into a folder.")

  @Option(name: .long, help: "The docs folder.")
  var docs: String

  func run() async throws {
    try await finishing { try Reference.write(into: docs) }
  }
}
