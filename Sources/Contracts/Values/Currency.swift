import Ledger

/// A currency of ISO 4217 with its number of minor digits.
package struct Currency: Hashable, Sendable, CustomStringConvertible {
  package let code: String
  package let digits: Int

  /// Nil for a code that ISO 4217 does not list as a currency with minor units.
  package init?(_ code: String) {
    guard let digits = Currency.digitsByCode[code] else { return nil }
    self.code = code
    self.digits = digits
  }

  package static let cny = Currency("CNY")!

  package var description: String { code }

  /// The decimal text of an amount of minor units.
  package func text(_ minorUnits: Int64) -> String { DecimalText.text(minorUnits, digits: digits) }

  /// Minor units of a decimal text with exactly this currency's digits.
  package func minorUnits(_ text: String) -> Int64? {
    DecimalText.scaled(text, digits: digits, fraction: digits...digits)
  }

  /// ISO 4217 list one, by number of digits. Looked up, never iterated.
  private static let digitsByCode: [String: Int] = {
    let two = """
      AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP \
      COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR \
      JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN \
      NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL \
      THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
      """
    let zero = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
    let three = "BHD IQD JOD KWD LYD OMR TND"
    let four = "CLF UYW"
    var table: [String: Int] = [:]
    for (codes, digits) in [(two, 2), (zero, 0), (three, 3), (four, 4)] {
      for code in codes.split(separator: " ") { table[String(code)] = digits }
    }
    return table
  }()
}

extension CBORWriter {
  package mutating func currency(_ currency: Currency) { text(currency.code) }
}

extension CBORReader {
  package mutating func currency() throws(CBORError) -> Currency {
    guard let currency = Currency(try text(upTo: 3)) else { throw failure(.invalidValue) }
    return currency
  }
}

extension Form {
  package mutating func currency(_ name: String = "currency") -> Currency {
    string(
      name, schema: ["type": "string", "pattern": "^[A-Z]{3}$"], placeholder: .cny, rule: "an ISO 4217 currency code"
    ) { Currency($0) }
  }

  /// Minor units from a decimal string with exactly the digits of `currency`.
  package mutating func amount(_ name: String, _ currency: Currency, positive: Bool = true) -> Int64 {
    string(
      name, schema: ["type": "string", "pattern": "^(0|[1-9][0-9]{0,14})([.][0-9]{1,4})?$"], placeholder: 0,
      refusal: .amountDigits,
      rule: "a decimal string with exactly \(currency.digits) decimals, as \(currency) has"
    ) { text in currency.minorUnits(text).flatMap { positive && $0 == 0 ? nil : $0 } }
  }
}
