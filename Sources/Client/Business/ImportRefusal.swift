/// Why a business file is not turned into documents. Numbers are stable; the remedy is for the person at the desk.
package enum ImportRefusal: UInt16, Error, CaseIterable, Sendable {
  // The file as XML, 7000
  case notXML = 7001
  case documentTypeDefinition = 7002
  case encodingUnsupported = 7003
  case tooLarge = 7004
  case tooDeep = 7005
  case tooManyElements = 7006

  // The document, 7010
  case notUBL = 7010
  case typeNotSupported = 7011

  // Its members, 7020
  case memberMissing = 7020
  case valueInvalid = 7021
  case currencyMismatch = 7022
  case amountNegative = 7023
  case partyUnmapped = 7024

  package var number: UInt16 { rawValue }
  package var name: String { "\(self)" }

  /// One sentence: what is wrong and how to mend it.
  package var remedy: String {
    switch self {
    case .notXML: "Send well-formed XML 1.0: the parser stopped at the place named here."
    case .documentTypeDefinition:
      "Remove the DOCTYPE and every entity declaration: business files need none, and none is ever expanded."
    case .encodingUnsupported: "Save the file as UTF-8 (ISO-8859-1 and US-ASCII are read too, where declared)."
    case .tooLarge: "Keep the file and each of its texts within the limits; send attachments by another way."
    case .tooDeep: "Nest elements no deeper than the limit: UBL itself never comes near it."
    case .tooManyElements: "Split the file: it has more elements or lines than one document may have."
    case .notUBL: "Send a UBL 2.0 or 2.1 document: its root stands in the namespace of its own name."
    case .typeNotSupported:
      "Send an Order, OrderResponse, OrderResponseSimple, DespatchAdvice, ReceiptAdvice, Invoice or CreditNote."
    case .memberMissing: "Add the element named here: the document cannot be written without it."
    case .valueInvalid: "Correct the value named here."
    case .currencyMismatch: "Write every amount in the currency of the document; one document has one currency."
    case .amountNegative: "Send what the seller owes as a CreditNote; only a positive amount can be owed by the buyer."
    case .partyUnmapped: "Name the member for this party with --party."
    }
  }
}

/// A refusal with what it is about.
package struct ImportFailure: Error, Equatable, Sendable {
  package let code: ImportRefusal
  /// The place in the file, and what stands there.
  package let message: String

  package init(_ code: ImportRefusal, _ message: String) {
    self.code = code
    self.message = message
  }
}
