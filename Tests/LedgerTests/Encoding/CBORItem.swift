import Ledger

/// Any item of the profile, so that whole documents can be read and written again.
indirect enum CBORItem: Equatable, CBORCodable {
  case unsigned(UInt64)
  case negative(Int64)
  case bytes([UInt8])
  case text(String)
  case array([CBORItem])
  case map([CBORItem])
  case bool(Bool)
  case null

  init(from reader: inout CBORReader) throws(CBORError) {
    switch (reader.peek ?? 0) >> 5 {
    case 1: self = .negative(try reader.integer())
    case 2: self = .bytes(try reader.bytes())
    case 3: self = .text(try reader.text())
    case 4: self = .array(try CBORItem.items(try reader.array(), &reader))
    case 5: self = .map(try CBORItem.items(2 * (try reader.map()), &reader))
    case 7:
      if reader.null() { self = .null } else { self = .bool(try reader.bool()) }
    default: self = .unsigned(try reader.unsigned())
    }
  }

  private static func items(_ count: Int, _ reader: inout CBORReader) throws(CBORError) -> [CBORItem] {
    var items: [CBORItem] = []
    for _ in 0..<count { items.append(try CBORItem(from: &reader)) }
    return items
  }

  func encode(to writer: inout CBORWriter) {
    switch self {
    case .unsigned(let value): writer.unsigned(value)
    case .negative(let value): writer.integer(value)
    case .bytes(let value): writer.bytes(value)
    case .text(let value): writer.text(value)
    case .array(let items):
      writer.array(items.count)
      for item in items { item.encode(to: &writer) }
    case .map(let items):
      writer.map(items.count / 2)
      for item in items { item.encode(to: &writer) }
    case .bool(let value): writer.bool(value)
    case .null: writer.null()
    }
  }
}
