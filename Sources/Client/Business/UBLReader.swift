import Contracts
import Ledger

/// Reads one UBL document and remembers which elements were read: what is left at the end was not carried over.
struct UBLReader {
  typealias Element = XMLTree.Element

  let tree: XMLTree
  let parties: [UBLImporter.PartyMapping]
  let missing: UBLImporter.MissingReferences
  /// That of the document; every amount is read in it.
  var currency = Currency.cny
  private var used: [Bool]
  private var remarks: [Remark] = []

  /// What the reader of the result ought to know, once for all the lines that it concerns.
  private struct Remark {
    let text: String
    var lines: [String]
  }

  init(_ tree: XMLTree, parties: [UBLImporter.PartyMapping], missing: UBLImporter.MissingReferences) {
    self.tree = tree
    self.parties = parties
    self.missing = missing
    used = Array(repeating: false, count: tree.nodes.count)
  }

  var root: Element { tree.root }

  func fault(_ code: ImportRefusal, _ element: Element, _ what: String) -> ImportFailure {
    ImportFailure(code, "\(tree.place(element)): \(what)")
  }

  mutating func remark(_ text: String, line: String? = nil) {
    if let index = remarks.firstIndex(where: { $0.text == text }) {
      if let line { remarks[index].lines.append(line) }
    } else {
      remarks.append(Remark(text: text, lines: line.map { [$0] } ?? []))
    }
  }

  mutating func use(_ element: Element) { used[element.index] = true }

  // MARK: Values

  /// The first element at `path` that says something.
  func element(_ path: String, in parent: Element) -> Element? {
    tree.all(path, in: parent).first { !tree[$0].text.isEmpty && !tree.text($0).isEmpty }
  }

  mutating func text(_ path: String, in parent: Element) -> String? {
    guard let element = element(path, in: parent) else { return nil }
    use(element)
    return tree.text(element)
  }

  /// Text as the terms of a document may have it.
  mutating func name(_ path: String, in parent: Element, upTo length: Int = 64) throws(ImportFailure) -> String {
    guard let element = element(path, in: parent) else {
      throw ImportFailure(.memberMissing, "\(tree.place(parent))/\(path)")
    }
    use(element)
    return try checked(tree.text(element), element, upTo: length)
  }

  func checked(_ text: String, _ element: Element, upTo length: Int) throws(ImportFailure) -> String {
    guard text.utf8.count <= length else {
      throw fault(.valueInvalid, element, "\(text.utf8.count) bytes, the limit is \(length)")
    }
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
      throw fault(.valueInvalid, element, "control characters are not allowed")
    }
    return text
  }

  /// A date, its time zone (XML Schema allows one) left behind.
  mutating func date(_ path: String, in parent: Element) throws(ImportFailure) -> BusinessDate? {
    guard let element = element(path, in: parent) else { return nil }
    use(element)
    let text = tree.text(element)
    let zone = text.dropFirst(10)
    let isZone = zone.isEmpty || zone == "Z" || ((zone.hasPrefix("+") || zone.hasPrefix("-")) && zone.utf8.count == 6)
    guard isZone, let date = BusinessDate(String(text.prefix(10))) else {
      throw fault(.valueInvalid, element, "\"\(text.prefix(40))\" is not a date, YYYY-MM-DD")
    }
    if !zone.isEmpty { remark("\(tree.path(element)): the time zone \(zone) is left out") }
    return date
  }

  mutating func issueDate() throws(ImportFailure) -> BusinessDate {
    guard let date = try date("cbc:IssueDate", in: root) else {
      throw ImportFailure(.memberMissing, "\(tree.place(root))/cbc:IssueDate")
    }
    return date
  }

  /// An amount in minor units; it may be negative.
  mutating func money(_ path: String, in parent: Element) throws(ImportFailure) -> Int64? {
    guard let element = element(path, in: parent) else { return nil }
    use(element)
    if let code = tree.attribute("currencyID", of: element), code != currency.code {
      throw fault(.currencyMismatch, element, "\(code) in a document in \(currency)")
    }
    let text = tree.text(element)
    guard let amount = PlainDecimal(text)?.scaled(digits: currency.digits) else {
      throw fault(
        .valueInvalid, element,
        "\"\(text.prefix(40))\" is not an amount in \(currency), which has \(currency.digits) decimals")
    }
    return amount
  }

  /// A quantity in millionths, which may be negative, and its unit.
  mutating func quantity(
    _ path: String, in parent: Element
  ) throws(ImportFailure) -> (millionths: Int64, unit: String?)? {
    guard let element = element(path, in: parent) else { return nil }
    use(element)
    let text = tree.text(element)
    guard let millionths = PlainDecimal(text)?.scaled(digits: 6) else {
      throw fault(.valueInvalid, element, "\"\(text.prefix(40))\" is not a quantity with at most six decimals")
    }
    guard let unit = tree.attribute("unitCode", of: element) else { return (millionths, nil) }
    return (millionths, try checked(unit, element, upTo: 16))
  }

  // MARK: References

  /// The one document that all elements at `paths` name, or what the caller supplied where they name none.
  mutating func reference(
    _ paths: [String], orElse supplied: String?, option: String
  ) throws(ImportFailure) -> String {
    var found: Element?
    for path in paths {
      for element in tree.all(path, in: root) where !tree.text(element).isEmpty {
        use(element)
        if let found, tree.text(found) != tree.text(element) {
          throw fault(
            .valueInvalid, element,
            "it names \"\(tree.text(element).prefix(64))\", and \(tree.place(found)) names "
              + "\"\(tree.text(found).prefix(64))\": split the file, a document refers to one")
        }
        found = found ?? element
      }
    }
    if let found { return try checked(tree.text(found), found, upTo: 64) }
    guard let supplied else {
      throw ImportFailure(.memberMissing, "\(tree.place(root))/\(paths[0]), or give the number with \(option)")
    }
    remark("the file does not name \(paths[0]): written as given with \(option)")
    return supplied
  }

  // MARK: What is left

  /// Remarks first, then attachments, then the paths of all leaves that were not read, each with its count.
  func notCarried(upTo limit: Int = 200) -> [String] {
    var list = remarks.map { remark in
      guard !remark.lines.isEmpty else { return remark.text }
      let more = remark.lines.count > 12 ? " and \(remark.lines.count - 12) more" : ""
      return "\(remark.text) (line \(remark.lines.prefix(12).joined(separator: ", "))\(more))"
    }
    var leaves: [(path: String, count: Int)] = []
    var positions: [String: Int] = [:]
    var others = 0
    for element in tree.elements where !used[element.index] {
      let node = tree[element]
      guard node.textLength > 0 || (node.children.isEmpty && !node.attributes.isEmpty) else { continue }
      let isAttachment = node.name == UBL.attachment
      let path = tree.path(element)
      if !isAttachment, let position = positions[path] {
        leaves[position].count += 1
      } else if list.count + leaves.count >= limit {
        others += 1
      } else if isAttachment {
        list.append(attachment(element))
      } else {
        positions[path] = leaves.count
        leaves.append((path, 1))
      }
    }
    list += leaves.map { $0.count == 1 ? $0.path : "\($0.path) ×\($0.count)" }
    return others == 0 ? list : list + ["and \(others) more elements"]
  }

  private func attachment(_ element: Element) -> String {
    let kind = tree.attribute("mimeCode", of: element) ?? "unknown kind"
    let name = tree.attribute("filename", of: element).map { " \"\($0.prefix(80))\"" } ?? ""
    return "\(tree.path(element)): attachment\(name), \(kind), about \(tree[element].textLength / 4 * 3) bytes"
  }

  // MARK: Carrying subtrees into details

  /// A subtree as JSON: local names; a leaf is its text, or an object with `value` where it has attributes; what is
  /// repeated is a list. Attachments stay behind: the tree has no text of theirs.
  mutating func carry(_ element: Element) -> JSON? {
    let node = tree[element]
    if node.children.isEmpty {
      let text = tree.text(element)
      guard !text.isEmpty else { return nil }
      use(element)
      guard !node.attributes.isEmpty else { return .string(text) }
      return .object(
        node.attributes.map { JSON.Member($0.name, .string($0.value)) } + [JSON.Member("value", .string(text))])
    }
    var members: [(name: String, values: [JSON])] = []
    var positions: [String: Int] = [:]
    for child in node.children {
      guard let value = carry(child) else { continue }
      let name = String(tree[child].localName)
      if let position = positions[name] {
        members[position].values.append(value)
      } else {
        positions[name] = members.count
        members.append((name, [value]))
      }
    }
    guard !members.isEmpty else { return nil }
    return .object(members.map { JSON.Member($0.name, $0.values.count == 1 ? $0.values[0] : .array($0.values)) })
  }

  /// All subtrees at `path`; one alone is no list.
  mutating func carryAll(_ path: String, in parent: Element) -> JSON? {
    var values: [JSON] = []
    for element in tree.all(path, in: parent) {
      if let value = carry(element) { values.append(value) }
    }
    return values.count > 1 ? .array(values) : values.first
  }

  /// A committed member, if there is anything to commit and a disclosure can hold it.
  mutating func detail(_ name: String, _ build: (inout UBLReader) -> JSON?) -> [JSON.Member] {
    var trial = self
    guard let value = build(&trial) else { return [] }
    var limits = JSONLimits()
    limits.bytes = 60_000
    limits.depth = 14
    do {
      _ = try JSON.parse(value.utf8, limits: limits)
    } catch {
      remark("\(name): too much for one committed member (\(error.reason)), left out")
      return []
    }
    self = trial
    return [JSON.Member(name, value)]
  }
}

extension JSON {
  /// An object of those members that have a value; nil when none has.
  static func present(_ members: (String, JSON?)...) -> JSON? {
    let found = members.compactMap { name, value in value.map { JSON.Member(name, $0) } }
    return found.isEmpty ? nil : .object(found)
  }
}
