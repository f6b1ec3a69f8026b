import CSodium

/// Secret bytes in memory that is locked against swapping, guarded on both sides and zeroed when let go.
package struct SecretBytes: ~Copyable, @unchecked Sendable {
  // Unchecked: the memory is written only in `init` and freed only in `deinit`.
  private let memory: UnsafeMutableRawBufferPointer

  package init(count: Int, filling body: (UnsafeMutableRawBufferPointer) -> Void) {
    precondition(count > 0)
    Library.load()
    guard let start = sodium_malloc(count) else { preconditionFailure("no locked memory for a secret key") }
    memory = UnsafeMutableRawBufferPointer(start: start, count: count)
    body(memory)
    sodium_mprotect_readonly(start)
  }

  deinit { sodium_free(memory.baseAddress) }

  package var count: Int { memory.count }

  package borrowing func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    body(UnsafeRawBufferPointer(memory))
  }
}
