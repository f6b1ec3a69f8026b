import Sodium

/// Reads the members of one JSON object by name and kind, or describes them: the same few lines that read a document
/// are
/// the source of its published JSON Schema.
///
/// Reading never stops at the first fault: a getter that finds one records it and returns a placeholder, so that the
/// sender learns of all of them at once. The placeholder is never used: `read` fails when anything was recorded.
package struct Form {
  private let members: [JSON.Member]?
  private let pointer: String
  private var taken: UInt64 = 0
  private var violations: [Violation] = []
  private var properties: [JSON.Member] = []
  private var required: [JSON] = []
  private var optionalDepth = 0

  private init(members: [JSON.Member]?, pointer: String) {
    self.members = members
    self.pointer = pointer
  }

  // MARK: Entrances

  /// Reads `value`, which must be an object with just the members that `body` asks for.
  package static func read<T>(
    _ value: JSON, at pointer: String = "", _ body: (inout Form) -> T
  ) throws(Violations) -> T {
    guard case .object(let members) = value else {
      throw Violations(.memberInvalid, pointer, "an object is expected")
    }
    var form = Form(members: members, pointer: pointer)
    let result = body(&form)
    form.refuseUnknown()
    guard form.violations.isEmpty else { throw Violations(form.violations) }
    return result
  }

  /// The JSON Schema (2020-12) of the objects that `body` reads.
  package static func schema<T>(of body: (inout Form) -> T) -> JSON {
    var form = Form(members: nil, pointer: "")
    _ = body(&form)
    return form.objectSchema
  }

  package var isDescribing: Bool { members == nil }

  // MARK: Kinds of members

  /// A string that `parse` turns into a value; it answers nil for what `rule` says is not allowed.
  package mutating func string<T>(
    _ name: String, schema: @autoclosure () -> JSON, placeholder: T, refusal: Refusal = .memberInvalid,
    rule: @autoclosure () -> String, parse: (String) -> T?
  ) -> T {
    guard let value = take(name, schema: schema()) else { return placeholder }
    guard case .string(let text) = value, let result = parse(text) else {
      record(refusal, name, rule())
      return placeholder
    }
    return result
  }

  /// Text of a length in UTF-8 bytes, without control characters.
  package mutating func text(_ name: String, _ length: ClosedRange<Int> = 1...128) -> String {
    string(
      name,
      schema: [
        "type": "string", "minLength": .integer(Int64(length.lowerBound)),
        "maxLength": .integer(Int64(length.upperBound)), "x-maxBytes": .integer(Int64(length.upperBound)),
        "pattern": "^[^\\u0000-\\u001f\\u007f]*$",
      ],
      placeholder: "", rule: "text of \(length.lowerBound) to \(length.upperBound) bytes without control characters"
    ) { text in
      length.contains(text.utf8.count) && !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f }
        ? text : nil
    }
  }

  /// A member id, key name or line id: lower-case letters, digits, `-`, `.`, `_`.
  package mutating func identifier(_ name: String, upTo length: Int = 48) -> String {
    string(
      name, schema: ["type": "string", "pattern": .string("^[a-z0-9][a-z0-9._-]{0,\(length - 1)}$")],
      placeholder: "", rule: "an identifier: a-z, 0-9, '.', '_', '-', at most \(length) characters"
    ) { isIdentifier($0, upTo: length) ? $0 : nil }
  }

  package mutating func integer(_ name: String, _ range: ClosedRange<Int64>) -> Int64 {
    guard
      let value = take(
        name,
        schema: [
          "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
        ])
    else { return range.lowerBound }
    guard case .integer(let number) = value, range.contains(number) else {
      record(.memberInvalid, name, "an integer from \(range.lowerBound) to \(range.upperBound)")
      return range.lowerBound
    }
    return number
  }

  package mutating func bool(_ name: String) -> Bool {
    guard let value = take(name, schema: ["type": "boolean"]) else { return false }
    guard case .bool(let truth) = value else {
      record(.memberInvalid, name, "true or false")
      return false
    }
    return truth
  }

  /// One of a closed set of words.
  package mutating func choice<T: CaseIterable & RawRepresentable>(
    _ name: String, of type: T.Type = T.self
  ) -> T where T.RawValue == String {
    let words = Array(T.allCases)
    return string(
      name, schema: ["enum": .array(words.map { .string($0.rawValue) })], placeholder: words[0],
      rule: "one of " + words.map(\.rawValue).joined(separator: ", ")
    ) { T(rawValue: $0) }
  }

  /// An object of its own.
  package mutating func object<T>(_ name: String, _ body: (inout Form) -> T) -> T {
    var form = Form(members: nil, pointer: pointer + "/" + name)
    guard !isDescribing else {
      let result = body(&form)
      _ = take(name, schema: form.objectSchema)
      return result
    }
    let value = take(name, schema: .null)
    guard case .object(let members) = value else {
      if value != nil { record(.memberInvalid, name, "an object") }
      // Described instead of read: its result is a placeholder that is thrown away with the fault already recorded.
      return body(&form)
    }
    form = Form(members: members, pointer: pointer + "/" + name)
    let result = body(&form)
    form.refuseUnknown()
    violations += form.violations
    return result
  }

  /// A list of objects.
  package mutating func list<T>(
    _ name: String, _ count: ClosedRange<Int>, _ body: (inout Form) -> T
  ) -> [T] {
    elements(name, count, itemSchema: { Form.schema(of: body) }) { value, pointer throws(Violations) in
      try Form.read(value, at: pointer, body)
    }
  }

  /// A list of strings, each once, each read by `parse`.
  package mutating func strings<T>(
    _ name: String, _ count: ClosedRange<Int>, schema: JSON, rule: String, parse: (String) -> T?
  ) -> [T] {
    var seen: [String] = []
    return elements(name, count, distinct: true, itemSchema: { schema }) { value, pointer throws(Violations) in
      guard case .string(let text) = value, let result = parse(text) else {
        throw Violations(.memberInvalid, pointer, rule)
      }
      guard !seen.contains(where: { $0.utf8.elementsEqual(text.utf8) }) else {
        throw Violations(.memberInvalid, pointer, "each once")
      }
      seen.append(text)
      return result
    }
  }

  /// Identifiers, each once.
  package mutating func identifiers(_ name: String, _ count: ClosedRange<Int>) -> [String] {
    strings(
      name, count, schema: ["type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,47}$"], rule: "an identifier"
    ) { isIdentifier($0, upTo: 48) ? $0 : nil }
  }

  /// A member that may be absent: `form.optional("note") { $0.text("note") }`.
  package mutating func optional<T>(_ name: String, _ read: (inout Form) -> T) -> T? {
    if isDescribing {
      optionalDepth += 1
      defer { optionalDepth -= 1 }
      return read(&self)
    }
    return has(name) ? read(&self) : nil
  }

  /// Records a fault that concerns several members at once.
  package mutating func require(_ condition: Bool, _ name: String, _ rule: String) {
    if !isDescribing && !condition { record(.memberInvalid, name, rule) }
  }

  package func has(_ name: String) -> Bool { members?.contains { $0.isNamed(name) } ?? false }

  // MARK: Inside

  private mutating func elements<T>(
    _ name: String, _ count: ClosedRange<Int>, distinct: Bool = false, itemSchema: () -> JSON,
    _ read: (JSON, String) throws(Violations) -> T
  ) -> [T] {
    guard
      let value = take(
        name,
        schema: [
          "type": "array", "minItems": .integer(Int64(count.lowerBound)),
          "maxItems": .integer(Int64(count.upperBound)), "uniqueItems": .bool(distinct), "items": itemSchema(),
        ])
    else { return [] }
    guard case .array(let values) = value, count.contains(values.count) else {
      record(.memberInvalid, name, "a list of \(count.lowerBound) to \(count.upperBound) elements")
      return []
    }
    var results: [T] = []
    for (index, value) in values.enumerated() {
      do throws(Violations) {
        results.append(try read(value, "\(pointer)/\(name)/\(index)"))
      } catch {
        violations += error.all
      }
    }
    return results
  }

  private mutating func take(_ name: String, schema: @autoclosure () -> JSON) -> JSON? {
    guard let members else {
      properties.append(JSON.Member(name, schema()))
      if optionalDepth == 0 { required.append(.string(name)) }
      return nil
    }
    guard let index = members.firstIndex(where: { $0.isNamed(name) }) else {
      violations.append(Violation(.memberMissing, "\(pointer)/\(name)", "required"))
      return nil
    }
    if index < 64 { taken |= 1 << UInt64(index) }
    return members[index].value
  }

  package mutating func record(_ refusal: Refusal, _ name: String, _ rule: String) {
    violations.append(Violation(refusal, "\(pointer)/\(name)", rule))
  }

  private mutating func refuseUnknown() {
    guard let members else { return }
    for (index, member) in members.enumerated() where index >= 64 || taken & (1 << UInt64(index)) == 0 {
      violations.append(Violation(.memberUnknown, "\(pointer)/\(escapedForPointer(member.name))", "not in the schema"))
    }
  }

  private var objectSchema: JSON {
    [
      "type": "object", "properties": .object(properties), "required": .array(required), "additionalProperties": false,
    ]
  }
}

package func isIdentifier(_ text: some StringProtocol, upTo length: Int) -> Bool {
  let bytes = text.utf8
  guard let first = bytes.first, bytes.count <= length else { return false }
  func isAlphanumeric(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) }
  return isAlphanumeric(first)
    && bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f }
}

extension Form {
  /// An id: 64 lower-case hexadecimal digits.
  package mutating func digest(_ name: String) -> Digest {
    string(
      name, schema: ["type": "string", "pattern": "^[0-9a-f]{64}$"], placeholder: .zero,
      rule: "64 lower-case hexadecimal digits"
    ) { Digest(hexadecimal: $0) }
  }

  /// 32 bytes in base64url: a public key.
  package mutating func key(_ name: String) -> [UInt8] {
    string(
      name, schema: ["type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"], placeholder: [UInt8](repeating: 0, count: 32),
      rule: "32 bytes in base64url, 43 characters"
    ) { text in Base64URL.decode(text).flatMap { $0.count == 32 ? $0 : nil } }
  }
}
