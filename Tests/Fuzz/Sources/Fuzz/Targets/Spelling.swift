import Contracts
import Ledger
import Sodium

extension FuzzTarget {
  /// Texts with one spelling for one value: what is read is written the same.
  static let spelling = FuzzTarget(
    name: "spelling", maximumBytes: 256,
    seeds: {
      [
        "AQID", "_-8", "steelworks/main", "2025-02-28", "9999-12-31", "1900-01-01", "12.50", "0", "999999999.999999",
        "9999999999999.99", "91350100M000100Y43", "5493001KJTIIGC8Y1R12", "CNY", String(repeating: "0f", count: 32),
      ].map { Array($0.utf8) }
    },
    words: ["-", "/", ".", "00", "29", "CNY", "JPY", "KWD", "CLF"]
  ) { bytes in
    if let read = Base64URL.decode(bytes) {
      demand(Base64URL.encodedUTF8(read) == bytes, "base64url has two spellings")
    }
    demand(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    demand(bytesOf(hexadecimal: hexadecimal(bytes)) == bytes)
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    func check(_ written: String?, _ kind: String) {
      guard let written else { return }
      demand(written.utf8.elementsEqual(bytes), "\(kind): \(text) is written \(written)")
    }
    check(Digest(hexadecimal: text)?.description, "digest")
    check(KeyID(text)?.description, "key id")
    check(BusinessDate(text)?.description, "date")
    if let quantity = Quantity(text) { demand(Quantity(quantity.description) == quantity) }
    check(Currency(text)?.code, "currency")
    for code in ["CNY", "JPY", "KWD", "CLF"] {
      guard let currency = Currency(code) else { fatalError("\(code) is a currency") }
      check(currency.minorUnits(text).map { currency.text($0) }, code)
    }
    let verdicts = ["uscc", "lei"].map { Member.Identifier(scheme: $0, value: text).verdict }
    demand(verdicts.contains(.refused), "no text is both identifiers")
    // Any day at all has a text, and so do sums of days.
    let number = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let date = BusinessDate(daysSince1970: Int32(truncatingIfNeeded: number))
    _ = date.description
    _ = date.adding(days: Int64(bitPattern: number)).days(until: date)
    _ = DecimalText.text(Int64(bitPattern: number), digits: Int(number % 7))
  }
}
