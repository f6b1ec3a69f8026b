/// Changes that take effect together. Later ones for a key win.
package struct Batch: Equatable, Sendable {
  package enum Operation: Equatable, Sendable {
    case put(key: [UInt8], value: [UInt8])
    /// Deleting a key that is not there is no error.
    case delete(key: [UInt8])
  }

  /// In the order in which they take effect.
  package private(set) var operations: [Operation] = []
  /// The size of all keys and values.
  package private(set) var byteCount = 0

  package init() {}

  /// The number of changes.
  package var count: Int { operations.count }

  package mutating func put(_ key: [UInt8], _ value: [UInt8]) {
    operations.append(.put(key: key, value: value))
    byteCount += key.count + value.count
  }

  package mutating func put(_ key: StoreKey, _ value: [UInt8]) { put(key.bytes, value) }

  package mutating func delete(_ key: [UInt8]) {
    operations.append(.delete(key: key))
    byteCount += key.count
  }

  package mutating func delete(_ key: StoreKey) { delete(key.bytes) }

  package mutating func clear() {
    operations.removeAll(keepingCapacity: true)
    byteCount = 0
  }
}
