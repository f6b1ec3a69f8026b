import Ledger
import Sodium

/// Where everything stands in the database: one leading byte a table, then fields of fixed width in big-endian, so that
/// the order of the bytes is the order of heights, versions and positions. Only the last field may vary in length.
package enum StoreKey: Hashable, Sendable {
  /// The number of this layout, checked before anything else is read.
  case format
  /// A finalized block.
  case block(height: UInt64)
  /// What became of each document of a block.
  case outcomes(height: UInt64)
  /// A header with its finalization certificate.
  case finalization(height: UInt64)
  /// What the history commits to of one height.
  case leaf(height: UInt64)
  /// Height and index of a document, by its id.
  case location(Digest)
  /// The document that used up a pair of issuer and `jti`.
  case replay(issuer: String, jti: String)
  /// The latest value of a state key.
  case state([UInt8])
  /// The state key of a path, so that the keys below a node of the state tree can be found.
  case statePath(Digest)
  /// Evidence that this node has seen and no block carries yet.
  case evidence(Offence)
  /// The end of an epoch: its boundary block's header, certificate, and the next validators.
  case epoch(UInt64)
  /// A node of the state tree, by version and nibble path.
  case treeNode([UInt8])
  /// The nodes of the state tree that no version from `version` on refers to, one list a version.
  case staleNode(version: UInt64, [UInt8])
  /// A node of the history's Merkle mountain range, by position.
  case history(UInt64)
  case marker(Marker)

  /// The leading bytes. A number is never given a second meaning: a changed table gets a new one, and a new format.
  package enum Table: UInt8, CaseIterable, Sendable {
    case format = 0x00
    case block = 0x01
    case outcomes = 0x02
    case finalization = 0x03
    case location = 0x04
    case replay = 0x05
    case state = 0x06
    case treeNode = 0x07
    case staleNode = 0x08
    case history = 0x09
    case marker = 0x0A
    case leaf = 0x0B
    case statePath = 0x0C
    case evidence = 0x0D
    case epoch = 0x0E

    /// What every key of the table, and no other, begins with.
    package var prefix: [UInt8] { [rawValue] }
  }

  /// Single values that say how far something has come.
  package enum Marker: UInt8, CaseIterable, Sendable {
    /// The highest height whose outcomes and state are here.
    case executedHeight = 0x02
    /// The lowest height whose block has not been pruned: 8 bytes, big-endian. Raised before anything is deleted.
    case oldestHeight = 0x03
    /// The lowest version of the state tree that is still whole: 8 bytes, big-endian, raised before anything is deleted.
    case oldestVersion = 0x04
    /// How far a download of the state has come (`StateDownload`); removed when it is whole.
    case stateDownload = 0x06
    /// What a download is proved by (`SnapshotManifest`); removed when it is whole.
    case snapshot = 0x07
  }

  package var table: Table {
    switch self {
    case .format: .format
    case .block: .block
    case .outcomes: .outcomes
    case .finalization: .finalization
    case .leaf: .leaf
    case .location: .location
    case .replay: .replay
    case .state: .state
    case .statePath: .statePath
    case .evidence: .evidence
    case .epoch: .epoch
    case .treeNode: .treeNode
    case .staleNode: .staleNode
    case .history: .history
    case .marker: .marker
    }
  }

  package var bytes: [UInt8] {
    var key = table.prefix
    switch self {
    case .format: break
    case .block(let number), .outcomes(let number), .finalization(let number), .leaf(let number), .history(let number),
      .epoch(let number):
      key.appendBigEndian(number)
    case .location(let id), .statePath(let id): key += id.bytes
    case .evidence(let offence):
      key.appendBigEndian(offence.epoch)
      key.appendBigEndian(offence.view)
      key.append(UInt8(truncatingIfNeeded: offence.signer))
    case .replay(let issuer, let jti):
      key = StoreKey.replayPrefix(issuer: issuer)
      key += jti.utf8
    case .state(let rest), .treeNode(let rest): key += rest
    case .staleNode(let version, let node):
      key.appendBigEndian(version)
      key += node
    case .marker(let marker): key.append(marker.rawValue)
    }
    return key
  }

  /// What the replay keys of one issuer begin with: the length keeps ("ab", "c") and ("a", "bc") apart.
  package static func replayPrefix(issuer: String) -> [UInt8] {
    var key = Table.replay.prefix
    key.appendBigEndian(UInt32(issuer.utf8.count))
    key += issuer.utf8
    return key
  }

  /// The stale nodes of one version; those below a version lie between the table's prefix and this.
  package static func stalePrefix(version: UInt64) -> [UInt8] {
    StoreKey.staleNode(version: version, []).bytes
  }
}

extension StoreKey {
  /// Nil unless `bytes` is exactly what `bytes` of some key gives.
  package init?(_ bytes: [UInt8]) {
    guard let first = bytes.first, let table = Table(rawValue: first) else { return nil }
    let rest = bytes.count - 1
    let number = bytes.bigEndian(UInt64.self, at: 1)
    switch table {
    case .format where rest == 0: self = .format
    case .block where rest == 8: self = .block(height: number!)
    case .outcomes where rest == 8: self = .outcomes(height: number!)
    case .finalization where rest == 8: self = .finalization(height: number!)
    case .leaf where rest == 8: self = .leaf(height: number!)
    case .history where rest == 8: self = .history(number!)
    case .epoch where rest == 8: self = .epoch(number!)
    case .location:
      guard let id = Digest(bytes[1...]) else { return nil }
      self = .location(id)
    case .replay:
      guard let length = bytes.bigEndian(UInt32.self, at: 1), Int(length) <= rest - 4,
        let issuer = String(validating: bytes[5..<5 + Int(length)], as: UTF8.self),
        let jti = String(validating: bytes[(5 + Int(length))...], as: UTF8.self)
      else { return nil }
      self = .replay(issuer: issuer, jti: jti)
    case .state: self = .state(Array(bytes[1...]))
    case .statePath:
      guard let path = Digest(bytes[1...]) else { return nil }
      self = .statePath(path)
    case .evidence:
      guard rest == 17, let number, let view = bytes.bigEndian(UInt64.self, at: 9) else { return nil }
      self = .evidence(Offence(epoch: number, view: view, signer: Int(bytes[17])))
    case .treeNode: self = .treeNode(Array(bytes[1...]))
    case .staleNode:
      guard let number else { return nil }
      self = .staleNode(version: number, Array(bytes[9...]))
    case .marker:
      guard rest == 1, let marker = Marker(rawValue: bytes[1]) else { return nil }
      self = .marker(marker)
    default: return nil
    }
  }

  /// The first bytes that no key with this prefix reaches; nil when there are none (all 0xFF, or empty).
  package static func end(ofPrefix prefix: [UInt8]) -> [UInt8]? {
    guard let last = prefix.lastIndex(where: { $0 != 0xFF }) else { return nil }
    return prefix[..<last] + [prefix[last] + 1]
  }

  /// Bytes that lie beyond every key of the layout with this prefix, and below those beyond it.
  static func limit(ofPrefix prefix: [UInt8]) -> [UInt8] {
    end(ofPrefix: prefix) ?? prefix + [UInt8](repeating: 0xFF, count: 64)
  }
}
