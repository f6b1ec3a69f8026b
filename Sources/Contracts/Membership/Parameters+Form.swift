import Ledger

extension Parameters {
  /// Reads the bounds that a genesis sets; the others keep their defaults.
  init(_ form: inout Form, _ defaults: Parameters) {
    func bounded(_ form: inout Form, _ name: String, _ range: ClosedRange<Int64>, _ value: inout Int64) {
      value = form.optional(name) { $0.integer(name, range) } ?? value
    }
    func bounded(_ form: inout Form, _ name: String, _ range: ClosedRange<Int64>, _ value: inout Int) {
      value = form.optional(name) { Int($0.integer(name, range)) } ?? value
    }
    self = defaults
    bounded(&form, "blockDocuments", 1...65_536, &blockDocuments)
    // A block holds at least one document of the greatest size, and fits into one message between nodes.
    bounded(&form, "blockBytes", 131_072...(12 << 20), &blockBytes)
    bounded(&form, "issuerQuota", 1...65_536, &issuerQuota)
    executionLag = form.optional("executionLag") { UInt64($0.integer("executionLag", 1...256)) } ?? executionLag
    bounded(&form, "documentValiditySeconds", 60...31_536_000, &documentValiditySeconds)
    bounded(&form, "clockDriftMilliseconds", 1...86_400_000, &clockDriftMilliseconds)
    bounded(&form, "deltaMilliseconds", 1...10_000, &deltaMilliseconds)
    bounded(&form, "idleIntervalMilliseconds", 1...86_400_000, &idleIntervalMilliseconds)
    bounded(&form, "smallestPiece", 1...1_000_000_000, &smallestPiece)
    bounded(&form, "pieces", 1...65_536, &pieces)
    bounded(&form, "maximumTenorDays", 1...3650, &maximumTenorDays)
    bounded(&form, "offerWindowSeconds", 0...2_592_000, &offerWindowSeconds)
  }
}
