import CSodium

/// libsodium picks its fastest code in `sodium_init`, once; every entry of this target passes through here first.
enum Library {
  private static let initialized: Bool = {
    // -1 is failure, 1 is "was already done".
    precondition(sodium_init() >= 0, "libsodium could not be initialized")
    return true
  }()

  static func load() { precondition(initialized) }
}

/// Bytes from the system's generator. Never used in Ledger, Consensus, Contracts or Financing.
package func randomBytes(_ count: Int) -> [UInt8] {
  precondition(count >= 0)
  Library.load()
  var bytes = [UInt8](repeating: 0, count: count)
  bytes.withUnsafeMutableBytes { if count > 0 { randombytes_buf($0.baseAddress!, count) } }
  return bytes
}
