/// A JSON value as a signed document may contain it: no floats, no duplicate names (RFC 7493, I-JSON).
package indirect enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case string(String)
  case array([JSON])
  case object([Member])

  package struct Member: Equatable, Sendable {
    package let name: String
    package let value: JSON

    package init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }

    /// Byte by byte: Swift's `==` takes a Kelvin sign for a K.
    package func isNamed(_ other: String) -> Bool { name.utf8.elementsEqual(other.utf8) }
  }

  /// Objects in documents have few members: a scan beats a table.
  package subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.isNamed(name) }?.value
  }

  package var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  package var integer: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }

  package var array: [JSON]? {
    if case .array(let value) = self { value } else { nil }
  }
}

/// What a reader of hostile bytes holds on to.
package struct JSONLimits: Sendable {
  package var bytes = 65_536
  package var depth = 16
  package var values = 8_192

  package init() {}
}

package struct JSONError: Error, Equatable, Sendable {
  package enum Reason: String, Equatable, Sendable {
    case tooLarge
    case tooDeep
    case tooManyValues
    case invalidUTF8
    case unexpectedEnd
    case unexpectedCharacter
    case invalidEscape
    /// A surrogate without its partner (RFC 7493 §2.1).
    case loneSurrogate
    case controlCharacter
    case duplicateName
    /// A fraction or an exponent: amounts and quantities are strings, counts are integers.
    case notAnInteger
    /// Outside ±(2^53 − 1) (RFC 7493 §2.2).
    case integerOutOfRange
    case trailingCharacters
  }
  package let reason: Reason
  /// RFC 6901 pointer to the value at fault.
  package let pointer: String
  /// Byte offset where reading stopped.
  package let offset: Int
}

extension JSON {
  /// The compact text of this value: what the project's own tools sign and answer.
  package var text: String { String(decoding: utf8, as: UTF8.self) }

  package var utf8: [UInt8] {
    var out: [UInt8] = []
    write(to: &out)
    return out
  }

  private func write(to out: inout [UInt8]) {
    switch self {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): out.append(contentsOf: String(value).utf8)
    case .string(let value): JSON.write(value, to: &out)
    case .array(let values):
      out.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        value.write(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSON.write(member.name, to: &out)
        out.append(UInt8(ascii: ":"))
        member.value.write(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        out.append(UInt8(ascii: "\\"))
        out.append(byte)
      case 0x0a: out.append(contentsOf: "\\n".utf8)
      case 0x0d: out.append(contentsOf: "\\r".utf8)
      case 0x09: out.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        out.append(contentsOf: "\\u00".utf8)
        out.append(digits[Int(byte >> 4)])
        out.append(digits[Int(byte & 15)])
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}

extension JSON {
  /// For people and files that people edit: two spaces a level, a line break at the end.
  package var indented: String {
    var out = ""
    indent(into: &out, "")
    return out + "\n"
  }

  private func indent(into out: inout String, _ margin: String) {
    let inner = margin + "  "
    switch self {
    case .array(let values) where !values.isEmpty:
      out += "["
      for (index, value) in values.enumerated() {
        out += (index > 0 ? "," : "") + "\n" + inner
        value.indent(into: &out, inner)
      }
      out += "\n" + margin + "]"
    case .object(let members) where !members.isEmpty:
      out += "{"
      for (index, member) in members.enumerated() {
        out += (index > 0 ? "," : "") + "\n" + inner + JSON.string(member.name).text + ": "
        member.value.indent(into: &out, inner)
      }
      out += "\n" + margin + "}"
    default: out += text
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  /// Keeps the order of the literal.
  package init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { Member($0, $1) }) }
}
