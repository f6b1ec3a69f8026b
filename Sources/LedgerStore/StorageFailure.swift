import Glibc

/// What went wrong with stored data, and what to do about it. None of these may be ignored: a node that cannot
/// trust its storage stops. Only `exists` and `tooLarge` are the caller's own mistakes.
package struct StorageFailure: Error, Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// Another process, or another part of this one, has it open.
    case locked
    case missing
    case exists
    /// The bytes are not those that were written.
    case corruption
    /// No space, or no quota, is left.
    case full
    /// More bytes than the format allows in one piece; nothing was written.
    case tooLarge
    case io
  }

  package let kind: Kind
  /// What happened, where, and what the operator should do.
  package let message: String

  /// `fact` says what happened and where; the advice is appended, the usual one for `kind` unless given.
  package init(_ kind: Kind, _ fact: String, advice: String? = nil) {
    self.kind = kind
    message = "\(fact). \(advice ?? kind.advice)"
  }

  /// A failed system call, by its errno value.
  package init(_ action: String, _ path: String, errno code: Int32) {
    let kind: Kind =
      switch code {
      case ENOSPC, EDQUOT: .full
      case ENOENT: .missing
      case EEXIST, ENOTEMPTY: .exists
      default: .io
      }
    self.init(kind, "cannot \(action) \(path): \(String(cString: strerror(code)))")
  }

  /// LevelDB reports text only: a status word, then mostly a path and the system's words for errno.
  package init(reportedByDatabase text: String) {
    let kind: Kind =
      if text.hasPrefix("IO error: lock ") {
        .locked
      } else if text.hasPrefix("Corruption:") {
        .corruption
      } else if text.hasSuffix("No space left on device") || text.hasSuffix("Disk quota exceeded") {
        .full
      } else if text.hasPrefix("NotFound:") || text.hasSuffix("does not exist (create_if_missing is false)") {
        .missing
      } else if text.hasSuffix("exists (error_if_exists is true)") {
        .exists
      } else {
        .io
      }
    self.init(kind, "the database reports \"\(text)\"")
  }
}

extension StorageFailure: CustomStringConvertible {
  package var description: String { message }
}

extension StorageFailure.Kind {
  fileprivate var advice: String {
    switch self {
    case .locked: "Stop the process that has it open, or give this node a folder of its own"
    case .missing: "Check the path in the configuration, or initialize the node first"
    case .exists: "Choose another path, or move away what is there"
    case .corruption:
      "Keep the folder for examination, test the disk, and start again from a checkpoint or by state sync into an "
        + "empty folder, keeping the sign-state file"
    case .full: "Free space on this volume, then restart the node"
    case .tooLarge: "Nothing was written"
    case .io: "Check the disk, its mount and the permissions, then restart the node"
    }
  }
}
