/// A parsed XML document of bounded size: one flat array in document order, so an element's descendants follow it.
package struct XMLTree: Sendable {
  /// A handle to one element of this tree.
  package struct Element: Hashable, Sendable {
    package let index: Int
  }

  package struct Attribute: Equatable, Sendable {
    package let name: String
    package let value: String
  }

  package struct Node: Sendable {
    /// With the reader's prefix for the namespace, whatever the file calls it; the root without one.
    package let name: String
    package let namespace: String
    package let attributes: [Attribute]
    package let parent: Int?
    package internal(set) var children: [Element] = []
    /// As it stands, white space included; empty where only its length is kept.
    package internal(set) var text: [UInt8] = []
    package internal(set) var textLength = 0

    package var localName: Substring { name.split(separator: ":").last ?? "" }
  }

  package internal(set) var nodes: [Node]

  package var root: Element { Element(index: 0) }

  package var elements: some Sequence<Element> { nodes.indices.lazy.map { Element(index: $0) } }

  package subscript(element: Element) -> Node { nodes[element.index] }

  // MARK: Finding

  /// Every element at the end of `path` (names between slashes) below `element`, in document order.
  package func all(_ path: String, in element: Element) -> [Element] {
    path.split(separator: "/").reduce([element]) { level, name in
      level.flatMap { self[$0].children.filter { self[$0].name == name } }
    }
  }

  package func first(_ path: String, in element: Element) -> Element? { all(path, in: element).first }

  // MARK: Reading

  /// The element's text with runs of white space made one space, and none at its ends.
  package func text(_ element: Element) -> String { XMLTree.collapsed(self[element].text) }

  /// An attribute by its name, white space likewise; nil where absent or empty.
  package func attribute(_ name: String, of element: Element) -> String? {
    guard let found = self[element].attributes.first(where: { $0.name == name }) else { return nil }
    let text = XMLTree.collapsed(Array(found.value.utf8))
    return text.isEmpty ? nil : text
  }

  static func collapsed(_ text: [UInt8]) -> String {
    let words = text.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
    return String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self)
  }

  // MARK: Naming places

  /// The names from below the root to this element: `cac:TaxTotal/cbc:TaxAmount`.
  package func path(_ element: Element) -> String {
    var names: [String] = []
    var node = self[element]
    while let parent = node.parent {
      names.append(node.name)
      node = nodes[parent]
    }
    return names.reversed().joined(separator: "/")
  }

  /// The same with the root and, where a name is repeated, its number: `Invoice/cac:InvoiceLine[2]/cbc:ID`.
  package func place(_ element: Element) -> String {
    var names: [String] = []
    var index = element.index
    while let parent = nodes[index].parent {
      let name = nodes[index].name
      let alike = nodes[parent].children.filter { self[$0].name == name }
      let number = alike.firstIndex { $0.index == index }.map { "[\($0 + 1)]" } ?? ""
      names.append(name + (alike.count > 1 ? number : ""))
      index = parent
    }
    names.append(nodes[0].name)
    return names.reversed().joined(separator: "/")
  }
}
