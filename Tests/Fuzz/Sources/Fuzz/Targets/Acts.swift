import Contracts
import Financing
import Ledger

extension FuzzTarget {
  /// The terms of each type of document: the first byte chooses the type, the rest is their JSON.
  static let acts = FuzzTarget(
    name: "acts", maximumBytes: 16_384,
    seeds: {
      (Script.example + Script.others).compactMap { line in
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count == 3, let index = types.firstIndex(where: { $0.type == words[1] }) else { return nil }
        return [UInt8(index)] + Array(words[2].utf8)
      }
    },
    words: memberNames
  ) { bytes in
    guard let first = bytes.first, let terms = try? JSON.parse(Array(bytes.dropFirst())) else { return }
    read(terms, as: types[Int(first) % types.count])
  }

  private static let types = ActRegistry.all.types

  private static func read(_ terms: JSON, as type: any Act.Type) {
    do throws(Violations) {
      let act = try type.read(terms)
      _ = act.parties
      _ = act.permission(for: "foundry")
    } catch {
      for violation in error.all {
        demand(violation.pointer.hasPrefix("/terms"), "a fault of the terms stands elsewhere")
      }
    }
  }

  /// `"number":` and so on, of all types.
  static let memberNames: [String] = Set(types.flatMap { names(in: $0.schema) }).sorted().map { "\"\($0)\":" }

  private static func names(in schema: JSON) -> [String] {
    switch schema {
    case .object(let members):
      members.flatMap { member -> [String] in
        guard member.name == "properties", case .object(let properties) = member.value else {
          return names(in: member.value)
        }
        return properties.flatMap { [$0.name] + names(in: $0.value) }
      }
    default: []
    }
  }
}
