import Foundation
import Ledger
import Testing

@Suite("Strict JSON (E-5)")
struct JSONTests {
  @Test(
    "an error names the value at fault by its pointer, and where reading stopped",
    arguments: [
      (#"{"a":[1,{"b":1.5}]}"#, .notAnInteger, "/a/1/b", 14),
      (#"{"a":1e3}"#, .notAnInteger, "/a", 6),
      (#"{"a":1,"b":{"c":1,"c":2}}"#, .duplicateName, "/b/c", 21),
      (#"{"a\u0062":1,"ab":2}"#, .duplicateName, "/ab", 17),
      (#"{"a/b":{"m~n":tru}}"#, .unexpectedCharacter, "/a~1b/m~0n", 14),
      (#"[0,9007199254740992]"#, .integerOutOfRange, "/1", 19),
      (#"[-9007199254740992]"#, .integerOutOfRange, "/0", 18),
      (#"[99999999999999999999999999]"#, .integerOutOfRange, "/0", 27),
      (#"["\ud800"]"#, .loneSurrogate, "/0", 8),
      (#"["\ud800\u0041"]"#, .loneSurrogate, "/0", 14),
      (#"["\udc00"]"#, .loneSurrogate, "/0", 8),
      (#"["\x41"]"#, .invalidEscape, "/0", 4),
      ("[\"\t\"]", .controlCharacter, "/0", 2),
      (#"{"":{"x":}}"#, .unexpectedCharacter, "//x", 9),
      (#"[[],[[01]]]"#, .unexpectedCharacter, "/1/0/0", 8),
      (#"[1,2"#, .unexpectedEnd, "", 4),
      (#"{} {}"#, .trailingCharacters, "", 3),
      ("", .unexpectedEnd, "", 0),
      ("\u{feff}{}", .unexpectedCharacter, "", 0),
    ] as [(String, JSONError.Reason, String, Int)])
  func errors(text: String, reason: JSONError.Reason, pointer: String, offset: Int) {
    let error = #expect(throws: JSONError.self) { try JSON.parse(Array(text.utf8)) }
    #expect(error?.reason == reason)
    #expect(error?.pointer == pointer)
    #expect(error?.offset == offset)
  }

  @Test(
    "bytes that are not UTF-8 are refused",
    arguments: [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]] as [[UInt8]])
  func invalidUTF8(bytes: [UInt8]) {
    let error = #expect(throws: JSONError.self) { try JSON.parse([0x5b, 0x22] + bytes + [0x22, 0x5d]) }
    #expect(error?.reason == .invalidUTF8)
    #expect(error?.pointer == "/0")
  }

  @Test("values have the value that the text says")
  func values() throws {
    let text =
      #" { "n" : [ 0 , -1 , 9007199254740991 , -9007199254740991 ] , "s" : "\u0041\ud83d\ude00\n\/" , "e" : {} } "#
    let value = try JSON.parse(Array(text.utf8))
    #expect(value["n"] == [0, -1, 9_007_199_254_740_991, -9_007_199_254_740_991])
    #expect(value["s"]?.string == "A\u{1f600}\n/")
    #expect(value["e"] == [:])
    #expect(value["x"] == nil)
    #expect(try JSON.parse(value.utf8) == value)
    let controls: JSON = .string(String((0..<0x80).map { Character(Unicode.Scalar($0)) }))
    #expect(try JSON.parse(controls.utf8) == controls)
  }

  @Test("a name is found again, byte by byte, among few members and many", arguments: [2, 15, 16, 17, 18, 3000])
  func manyMembers(count: Int) throws {
    func text(_ names: [String]) -> [UInt8] {
      Array("{\(names.map { "\"\($0)\":0" }.joined(separator: ","))}".utf8)
    }
    // A Kelvin sign is no K here, though Swift's == of strings says so.
    let names = ["K", "\u{212a}"] + (2..<count).map { "n\($0)" }
    guard case .object(let members) = try JSON.parse(text(names)) else {
      Issue.record("an object was read as something else")
      return
    }
    #expect(members.map(\.name).elementsEqual(names) { $0.utf8.elementsEqual($1.utf8) })
    for name in [names[0], names[1], names[count / 2], names[count - 1]] {
      let error = #expect(throws: JSONError.self) { try JSON.parse(text(names + [name])) }
      #expect(error?.reason == .duplicateName)
    }
  }

  @Test("depth, values and bytes are bounded, each at its limit and not before")
  func limits() throws {
    var limits = JSONLimits()
    limits.depth = 3
    limits.values = 5
    limits.bytes = 20
    func reason(_ text: String) -> JSONError.Reason? {
      do throws(JSONError) { _ = try JSON.parse(Array(text.utf8), limits: limits) } catch { return error.reason }
      return nil
    }
    #expect(reason("[[[]]]") == nil)
    #expect(reason("[[[[]]]]") == .tooDeep)
    #expect(reason(#"[[{"a":{}}]]"#) == .tooDeep)
    #expect(reason("[1,2,3,4]") == nil)
    #expect(reason("[1,2,3,4,5]") == .tooManyValues)
    #expect(reason("[1,2]" + String(repeating: " ", count: 15)) == nil)
    #expect(reason("[1,2]" + String(repeating: " ", count: 16)) == .tooLarge)
  }

  @Test("every truncation and every altered byte ends in a value or an error")
  func alterations() {
    let bytes = Array(#"{"a":[1,-2,"\u00e9\ud83d\ude00\\"],"é":{"t":true,"f":false,"n":null}}"#.utf8)
    for count in bytes.indices {
      #expect(throws: JSONError.self) { try JSON.parse(Array(bytes.prefix(count))) }
    }
    for place in bytes.indices {
      for byte in UInt8.min...UInt8.max {
        var altered = bytes
        altered[place] = byte
        guard let value = try? JSON.parse(altered) else { continue }
        #expect((try? JSON.parse(value.utf8)) == value)
      }
    }
  }
}

/// JSONTestSuite; needs the shared test data.
@Suite("JSONTestSuite", .enabled(if: TestData.isPresent))
struct JSONTestSuiteTests {
  private func results(_ prefix: String) -> [(name: String, result: Result<JSON, JSONError>)] {
    // So that depth is what refuses the deep ones.
    var limits = JSONLimits()
    limits.bytes = 1 << 20
    return TestData.files(under: "json/JSONTestSuite/test_parsing")
      .filter { $0.lastPathComponent.hasPrefix(prefix) }
      .map { file in
        let bytes = Array((try? Data(contentsOf: file)) ?? Data())
        return (file.lastPathComponent, Result { () throws(JSONError) in try JSON.parse(bytes, limits: limits) })
      }
  }

  @Test("what must be accepted is, but for what documents may not have: fractions, exponents and repeated names")
  func accepted() throws {
    var refused: [JSONError.Reason: Int] = [:]
    let results = results("y_")
    for (name, result) in results {
      switch result {
      case .success(let value): #expect(try JSON.parse(value.utf8) == value, "\(name)")
      case .failure(let error):
        #expect(name.hasPrefix(error.reason == .duplicateName ? "y_object_duplicated_key" : "y_"), "\(name)")
        refused[error.reason, default: 0] += 1
      }
    }
    #expect(results.count == 95)
    #expect(refused == [.notAnInteger: 15, .duplicateName: 2])
  }

  @Test("what must be refused is")
  func refused() {
    let results = results("n_")
    for (name, result) in results {
      if case .success = result { Issue.record("\(name) was accepted") }
    }
    #expect(results.count == 188)
  }

  @Test("what is left open is refused: huge numbers, other encodings, lone surrogates, a byte order mark, great depth")
  func open() {
    let results = results("i_")
    for (name, result) in results {
      if case .success = result { Issue.record("\(name) was accepted") }
    }
    #expect(results.count == 35)
  }
}
