import Foundation
import FoundationXML

/// What a reader of outside XML holds at most.
package struct XMLLimits: Sendable {
  package var bytes = 20_000_000
  package var depth = 64
  package var elements = 100_000
  /// Of one element's text, and of all attributes of one element together.
  package var textBytes = 65_536
  package var nameBytes = 256

  package init() {}
}

extension XMLTree {
  /// Parses without DTDs, entities or anything from outside the bytes.
  ///
  /// - Parameters:
  ///   - prefixes: how to name the elements of a namespace.
  ///   - measured: names of elements whose text is counted and not kept (attachments).
  package static func parse(
    _ bytes: [UInt8], prefixes: [String: String], measured: Set<String> = [], limits: XMLLimits = XMLLimits()
  ) throws(ImportFailure) -> XMLTree {
    let content = try screened(bytes, limits)
    let builder = TreeBuilder(prefixes: prefixes, measured: measured, limits: limits)
    let parser = XMLParser(data: Data(content))
    parser.shouldProcessNamespaces = true
    parser.shouldResolveExternalEntities = false
    parser.delegate = builder
    // Its answer is true for documents that are cut off or that it mended: the builder knows better.
    let succeeded = parser.parse()
    if let failure = builder.failure { throw failure }
    guard succeeded, builder.isComplete else {
      throw ImportFailure(.notXML, "line \(parser.lineNumber), column \(parser.columnNumber)")
    }
    return XMLTree(nodes: builder.nodes)
  }

  /// The document's UTF-8 without byte order mark and XML declaration: the parser has no encoding to guess.
  static func screened(_ bytes: [UInt8], _ limits: XMLLimits) throws(ImportFailure) -> [UInt8] {
    guard bytes.count <= limits.bytes else {
      throw ImportFailure(.tooLarge, "the file has \(bytes.count) bytes, the limit is \(limits.bytes)")
    }
    // UTF-16 and UTF-32 of any document contain NUL, or begin with a mark that no UTF-8 text begins with.
    guard !bytes.contains(0), !bytes.starts(with: [0xfe, 0xff]), !bytes.starts(with: [0xff, 0xfe]) else {
      throw ImportFailure(.encodingUnsupported, "UTF-16, UTF-32 or binary data")
    }
    var body = bytes[...]
    if body.starts(with: [0xef, 0xbb, 0xbf]) { body = body.dropFirst(3) }
    // What does not begin with "<" is no XML in any encoding allowed here (EBCDIC does not).
    guard body.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }) == UInt8(ascii: "<") else {
      throw ImportFailure(.notXML, "the file does not begin with \"<\"")
    }
    try refuseDeclarations(body)

    var encoding = "utf-8"
    if body.starts(with: Array("<?xml".utf8)), body.dropFirst(5).first.map({ $0 <= 0x20 }) == true {
      guard let end = body.prefix(200).firstIndex(of: UInt8(ascii: ">")) else {
        throw ImportFailure(.notXML, "the XML declaration does not end")
      }
      encoding = declaredEncoding(body[..<end]) ?? encoding
      // The line break stays: line numbers in messages are the file's.
      body = body[(end + 1)...]
    }
    switch encoding {
    case "utf-8", "utf8":
      guard String(validating: body, as: UTF8.self) != nil else {
        throw ImportFailure(.encodingUnsupported, "the bytes are not valid UTF-8")
      }
      return Array(body)
    case "us-ascii", "ascii":
      guard body.allSatisfy({ $0 < 0x80 }) else {
        throw ImportFailure(.encodingUnsupported, "US-ASCII is declared, and other bytes occur")
      }
      return Array(body)
    case "iso-8859-1", "latin1":
      return utf8(latin1: body)
    default:
      throw ImportFailure(.encodingUnsupported, "the encoding \"\(encoding)\" is declared")
    }
  }

  private static func utf8(latin1 body: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(body.count)
    for byte in body {
      if byte >= 0x80 { result.append(0xc0 | byte >> 6) }
      result.append(byte < 0x80 ? byte : 0x80 | byte & 0x3f)
    }
    return result
  }

  /// After `<!` only a comment or a CDATA section may follow, wherever it stands: nothing that declares is let near the
  /// parser, at the price of refusing a comment that quotes a declaration.
  private static func refuseDeclarations(_ body: ArraySlice<UInt8>) throws(ImportFailure) {
    let comment = Array("!--".utf8)
    let section = Array("![CDATA[".utf8)
    var index = body.startIndex
    while let open = body[index...].firstIndex(of: UInt8(ascii: "<")) {
      index = open + 1
      let rest = body[index...]
      if rest.first == UInt8(ascii: "!"), !rest.starts(with: comment), !rest.starts(with: section) {
        throw ImportFailure(.documentTypeDefinition, "a declaration begins at byte \(open - body.startIndex)")
      }
      // FoundationXML crashes on the instruction's content when there is none.
      if rest.first == UInt8(ascii: "?"), let end = rest.dropFirst().firstIndex(where: { $0 <= 0x20 || $0 == 0x3f }),
        body[end...].starts(with: Array("?>".utf8))
      {
        throw ImportFailure(
          .notXML, "a processing instruction without content begins at byte \(open - body.startIndex)")
      }
    }
  }

  private static func declaredEncoding(_ declaration: ArraySlice<UInt8>) -> String? {
    let text = String(decoding: declaration, as: UTF8.self)
    guard let name = text.range(of: "encoding") else { return nil }
    let parts = text[name.upperBound...].split(omittingEmptySubsequences: false) { $0 == "\"" || $0 == "'" }
    return parts.count > 1 ? parts[1].lowercased() : ""
  }
}

/// Gathers the parser's events; the first fault stops it.
private final class TreeBuilder: NSObject, XMLParserDelegate {
  private(set) var nodes: [XMLTree.Node] = []
  private(set) var failure: ImportFailure?
  private var open: [Int] = []
  private let prefixes: [String: String]
  private let measured: Set<String>
  private let limits: XMLLimits

  init(prefixes: [String: String], measured: Set<String>, limits: XMLLimits) {
    self.prefixes = prefixes
    self.measured = measured
    self.limits = limits
  }

  /// Whether the root was closed.
  var isComplete: Bool { !nodes.isEmpty && open.isEmpty }

  private func stop(_ parser: XMLParser, _ code: ImportRefusal, _ message: String) {
    guard failure == nil else { return }
    failure = ImportFailure(code, "\(message) (line \(parser.lineNumber))")
    parser.abortParsing()
  }

  func parser(
    _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) {
    guard failure == nil else { return }
    guard open.count < limits.depth else {
      return stop(parser, .tooDeep, "elements are nested deeper than \(limits.depth)")
    }
    guard nodes.count < limits.elements else {
      return stop(parser, .tooManyElements, "the file has more than \(limits.elements) elements")
    }
    guard attributes.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) <= limits.textBytes else {
      return stop(parser, .tooLarge, "the attributes of one element are above \(limits.textBytes) bytes")
    }
    guard (qualifiedName ?? elementName).utf8.count <= limits.nameBytes else {
      return stop(parser, .tooLarge, "the name of an element is above \(limits.nameBytes) bytes")
    }
    let local = elementName.split(separator: ":").last.map(String.init) ?? elementName
    let index = nodes.count
    let name = index == 0 ? local : named(local, qualifiedName ?? local, namespaceURI ?? "")
    nodes.append(
      XMLTree.Node(
        name: name, namespace: namespaceURI ?? "",
        attributes: attributes.sorted { $0.key < $1.key }.map { XMLTree.Attribute(name: $0.key, value: $0.value) },
        parent: open.last))
    if let parent = open.last { nodes[parent].children.append(XMLTree.Element(index: index)) }
    open.append(index)
  }

  /// A namespace without a prefix of ours keeps the file's, unless that would pass for one of ours.
  private func named(_ local: String, _ qualified: String, _ namespace: String) -> String {
    if let prefix = prefixes[namespace] { return "\(prefix):\(local)" }
    let taken = prefixes.values.contains { qualified.hasPrefix($0 + ":") }
    return taken ? "other:\(local)" : qualified
  }

  func parser(
    _ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?, qualifiedName: String?
  ) {
    _ = open.popLast()
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { append(Array(string.utf8), parser) }

  func parser(_ parser: XMLParser, foundCDATA CDATABlock: Data) { append(Array(CDATABlock), parser) }

  private func append(_ text: [UInt8], _ parser: XMLParser) {
    guard failure == nil, let index = open.last else { return }
    nodes[index].textLength += text.count { $0 > 0x20 }
    guard !measured.contains(nodes[index].name) else { return }
    guard nodes[index].text.count + text.count <= limits.textBytes else {
      return stop(parser, .tooLarge, "the text of \(nodes[index].name) is above \(limits.textBytes) bytes")
    }
    nodes[index].text += text
  }

  /// The parser would mend what it can and go on; a business file is well-formed or it is not read.
  func parser(_ parser: XMLParser, parseErrorOccurred parseError: any Error) {
    // libxml2's warnings: unknown minor version, language tag, and namespace names that are no absolute URI.
    guard !(97...100).contains((parseError as NSError).code) else { return }
    stop(parser, .notXML, "column \(parser.columnNumber)")
  }

  // The screening lets none of these through; should one ever arrive, it is refused here.

  func parser(
    _ parser: XMLParser, foundInternalEntityDeclarationWithName name: String, value: String?
  ) {
    stop(parser, .documentTypeDefinition, "an entity is declared")
  }

  func parser(
    _ parser: XMLParser, foundExternalEntityDeclarationWithName name: String, publicID: String?, systemID: String?
  ) {
    stop(parser, .documentTypeDefinition, "an entity is declared")
  }

  func parser(_ parser: XMLParser, foundElementDeclarationWithName elementName: String, model: String) {
    stop(parser, .documentTypeDefinition, "an element is declared")
  }

  func parser(
    _ parser: XMLParser, foundAttributeDeclarationWithName attributeName: String, forElement elementName: String,
    type: String?, defaultValue: String?
  ) {
    stop(parser, .documentTypeDefinition, "an attribute is declared")
  }
}
