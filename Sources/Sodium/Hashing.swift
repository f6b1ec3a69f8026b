import CSodium

/// BLAKE2b-256 (RFC 7693) with the 16-byte `personal` parameter as its domain: two domains are two hash functions.
package func blake2b(_ data: UnsafeRawBufferPointer, personal: UnsafeRawBufferPointer) -> Digest {
  precondition(personal.count == Int(crypto_generichash_blake2b_PERSONALBYTES))
  Library.load()
  return Digest { out in
    let status = crypto_generichash_blake2b_salt_personal(
      out.bindMemory(to: UInt8.self).baseAddress!, out.count,
      data.bindMemory(to: UInt8.self).baseAddress, UInt64(data.count),
      nil, 0, nil, personal.bindMemory(to: UInt8.self).baseAddress!)
    precondition(status == 0)
  }
}

/// SHA-256 (FIPS 180-4): for SD-JWT disclosures and vectors that others wrote, never for the ledger's own hashes.
package func sha256(_ bytes: [UInt8]) -> Digest {
  Library.load()
  return Digest { out in
    let status = crypto_hash_sha256(out.bindMemory(to: UInt8.self).baseAddress!, bytes, UInt64(bytes.count))
    precondition(status == 0)
  }
}
