extension JSON {
  /// Reads exactly one value and refuses what RFC 7493 (I-JSON) refuses, and fractions: two readers in two languages
  /// must
  /// see the same document (E-5).
  package static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSON {
    var parser = JSONParser(bytes, limits: limits)
    return try parser.document()
  }
}

private struct JSONParser {
  private let bytes: [UInt8]
  private let limits: JSONLimits
  private var offset = 0
  private var depth = 0
  private var values = 0
  /// Where we are, for errors alone: a name or an index for each open container.
  private var path: [Step] = []

  private enum Step {
    case name(String)
    case index(Int)
  }

  init(_ bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func document() throws(JSONError) -> JSON {
    guard bytes.count <= limits.bytes else { throw failure(.tooLarge) }
    // White space around the value is allowed, as in RFC 8259; a byte order mark is not.
    let value = try value()
    skipSpace()
    guard offset == bytes.count else { throw failure(.trailingCharacters) }
    return value
  }

  private func failure(_ reason: JSONError.Reason) -> JSONError {
    var pointer = ""
    for step in path {
      switch step {
      case .name(let name): pointer += "/" + escapedForPointer(name)
      case .index(let index): pointer += "/\(index)"
      }
    }
    return JSONError(reason: reason, pointer: pointer, offset: offset)
  }

  private mutating func skipSpace() {
    while offset < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[offset]) { offset += 1 }
  }

  private mutating func value() throws(JSONError) -> JSON {
    skipSpace()
    values += 1
    guard values <= limits.values else { throw failure(.tooManyValues) }
    guard offset < bytes.count else { throw failure(.unexpectedEnd) }
    switch bytes[offset] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), 0x30...0x39: return .integer(try integer())
    default: throw failure(.unexpectedCharacter)
    }
  }

  private mutating func literal(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let matches = text.withUTF8Buffer { bytes[offset...].starts(with: $0) }
    guard matches else { throw failure(.unexpectedCharacter) }
    offset += text.utf8CodeUnitCount
    return value
  }

  private mutating func enter() throws(JSONError) {
    depth += 1
    guard depth <= limits.depth else { throw failure(.tooDeep) }
    offset += 1
    skipSpace()
  }

  private mutating func object() throws(JSONError) -> JSON {
    try enter()
    var members: [JSON.Member] = []
    var names = NamesTaken()
    if take(UInt8(ascii: "}")) {
      depth -= 1
      return .object([])
    }
    while true {
      skipSpace()
      guard offset < bytes.count else { throw failure(.unexpectedEnd) }
      guard bytes[offset] == UInt8(ascii: "\"") else { throw failure(.unexpectedCharacter) }
      let name = try string()
      path.append(.name(name))
      guard names.take(name, after: members) else { throw failure(.duplicateName) }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw failure(offset < bytes.count ? .unexpectedCharacter : .unexpectedEnd) }
      members.append(JSON.Member(name, try value()))
      path.removeLast()
      skipSpace()
      if take(UInt8(ascii: "}")) { break }
      guard take(UInt8(ascii: ",")) else { throw failure(offset < bytes.count ? .unexpectedCharacter : .unexpectedEnd) }
    }
    depth -= 1
    return .object(members)
  }

  private mutating func array() throws(JSONError) -> JSON {
    try enter()
    var elements: [JSON] = []
    if take(UInt8(ascii: "]")) {
      depth -= 1
      return .array([])
    }
    while true {
      path.append(.index(elements.count))
      elements.append(try value())
      path.removeLast()
      skipSpace()
      if take(UInt8(ascii: "]")) { break }
      guard take(UInt8(ascii: ",")) else { throw failure(offset < bytes.count ? .unexpectedCharacter : .unexpectedEnd) }
    }
    depth -= 1
    return .array(elements)
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    offset += 1
    return true
  }

  private mutating func integer() throws(JSONError) -> Int64 {
    let negative = take(UInt8(ascii: "-"))
    let first = offset
    var magnitude: Int64 = 0
    while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) {
      // Above the bound already, more digits change nothing.
      if magnitude < 1 << 53 { magnitude = magnitude * 10 + Int64(bytes[offset] - 0x30) }
      offset += 1
    }
    guard offset > first else { throw failure(offset < bytes.count ? .unexpectedCharacter : .unexpectedEnd) }
    guard bytes[first] != 0x30 || offset == first + 1 else { throw failure(.unexpectedCharacter) }
    if offset < bytes.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[offset]) {
      throw failure(.notAnInteger)
    }
    guard magnitude < 1 << 53 else { throw failure(.integerOutOfRange) }
    return negative ? -magnitude : magnitude
  }

  private mutating func string() throws(JSONError) -> String {
    offset += 1
    let first = offset
    // The common case, a string without escapes, is taken in one piece.
    while offset < bytes.count, bytes[offset] != UInt8(ascii: "\""), bytes[offset] != UInt8(ascii: "\\") {
      guard bytes[offset] >= 0x20 else { throw failure(.controlCharacter) }
      offset += 1
    }
    guard offset < bytes.count else { throw failure(.unexpectedEnd) }
    var text = bytes[first..<offset]
    while bytes[offset] != UInt8(ascii: "\"") {
      if bytes[offset] == UInt8(ascii: "\\") {
        offset += 1
        text.append(contentsOf: try escape())
      } else {
        guard bytes[offset] >= 0x20 else { throw failure(.controlCharacter) }
        text.append(bytes[offset])
        offset += 1
      }
      guard offset < bytes.count else { throw failure(.unexpectedEnd) }
    }
    offset += 1
    guard let string = String(validating: text, as: UTF8.self) else { throw failure(.invalidUTF8) }
    return string
  }

  private mutating func escape() throws(JSONError) -> [UInt8] {
    guard offset < bytes.count else { throw failure(.unexpectedEnd) }
    let character = bytes[offset]
    offset += 1
    switch character {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [character]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      let unit = try hexadecimalUnit()
      if (0xdc00...0xdfff).contains(unit) { throw failure(.loneSurrogate) }
      guard (0xd800...0xdbff).contains(unit) else { return Array(String(Unicode.Scalar(unit)!).utf8) }
      guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw failure(.loneSurrogate) }
      let low = try hexadecimalUnit()
      guard (0xdc00...0xdfff).contains(low) else { throw failure(.loneSurrogate) }
      let scalar = 0x10000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(low) - 0xdc00)
      return Array(String(Unicode.Scalar(scalar)!).utf8)
    default: throw failure(.invalidEscape)
    }
  }

  private mutating func hexadecimalUnit() throws(JSONError) -> UInt16 {
    guard bytes.count - offset >= 4 else { throw failure(.unexpectedEnd) }
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue else { throw failure(.invalidEscape) }
      unit = unit << 4 | UInt16(digit)
      offset += 1
    }
    return unit
  }
}

/// The names of one object: a few are compared one by one, many are looked up, so that the time which an object takes
/// does not grow with the square of its members.
private struct NamesTaken {
  private static let compared = 16
  private var table: Set<[UInt8]> = []

  /// False when a member before has this very name.
  mutating func take(_ name: String, after members: [JSON.Member]) -> Bool {
    guard members.count >= NamesTaken.compared else { return !members.contains { $0.isNamed(name) } }
    if table.isEmpty { table = Set(members.map { Array($0.name.utf8) }) }
    return table.insert(Array(name.utf8)).inserted
  }
}

/// RFC 6901: `~` and `/` inside a name.
package func escapedForPointer(_ name: String) -> String {
  guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
  return name.unicodeScalars.map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
}
