/// What became of a document that was recorded. Numbers are stable for ever; docs/reference/outcomes.md explains each.
///
/// Refusals at the door have numbers from 1000 (`Ledger.Refusal`); these are decided from the state, the same on every
/// node.
package enum Outcome: UInt16, CaseIterable, Error, Sendable {
  case accepted = 0
  /// Recorded; happens when enough others approve.
  case awaitingApproval = 1

  // Authority, 2000
  case keyUnknown = 2001
  case keyNotValid = 2002
  case permissionMissing = 2003
  case roleMissing = 2004
  case notBoardMember = 2005
  case alreadyApproved = 2006
  case memberExists = 2010
  case memberUnknown = 2011
  case keyExists = 2012
  case keyNotAcceptable = 2013
  case lastKey = 2014
  case identifierInvalid = 2015
  case nothingToApprove = 2016
  case heightInPast = 2017
  case tooManyKeys = 2018
  case epochNotNext = 2020
  case changeDecided = 2021
  case tooFewValidators = 2022
  case organisationRepeated = 2023
  case nodeKeyUsed = 2024
  case possessionInvalid = 2025

  // Trade, 3000
  case numberUsed = 3001
  case counterpartyUnknown = 3002
  case counterpartyIsIssuer = 3003
  case orderUnknown = 3010
  case notPartyToOrder = 3011
  case orderNotOpen = 3012
  case orderNotAccepted = 3013
  case lineUnknown = 3014
  case lineRepeated = 3015
  case attestorUnknown = 3016
  case dispatchUnknown = 3020
  case dispatchAboveOrdered = 3021
  case notNamedForDelivery = 3022
  case attestationOutOfOrder = 3023
  case alreadyAttested = 3024
  case notDelivered = 3025
  case receiptAboveDispatched = 3030
  case receiptAlreadyRecorded = 3031
  case invoiceUnknown = 3040
  case invoiceCurrency = 3041
  case invoiceTotal = 3042
  case creditAboveUnconfirmed = 3050

  // Receivables, 4000
  case notDebtor = 4001
  case aboveMatched = 4002
  case maturityInvalid = 4003
  case settlementBankUnknown = 4004
  case certificateUnknown = 4010
  case notSupplier = 4011
  case certificateNotOffered = 4012
  case certificateNotActive = 4013
  case notOwner = 4014
  case intervalInvalid = 4015
  case intervalPledged = 4016
  case intervalOffered = 4017
  case intervalRedeemed = 4018
  case pieceTooSmall = 4019
  case tooManyPieces = 4020
  case receiverUnknown = 4021
  case transferUnknown = 4030
  case notReceiver = 4031
  case notSender = 4032
  case transferNotOpen = 4033
  case alreadyMatured = 4034

  // Financing, 5000
  case requestUnknown = 5001
  case requestNotOpen = 5002
  case notRequester = 5003
  case bankNotInvited = 5004
  case bankUnknown = 5005
  case deadlineInvalid = 5006
  case deadlinePassed = 5007
  case deadlineNotReached = 5008
  case alreadyCommitted = 5009
  case notCommitted = 5010
  case openingDiffers = 5011
  case offerDeclined = 5012
  case offerExpired = 5013
  case principalAboveFace = 5014
  case openingSize = 5015
  case alreadyOpened = 5016
  case termsInvalid = 5017
  case notOpened = 5018

  // Payments, 6000
  case loanUnknown = 6001
  case loanNotInState = 6002
  case notPayer = 6003
  case notPayee = 6004
  case amountDiffers = 6005
  case currencyDiffers = 6006
  case valueDateInvalid = 6007
  case claimUnknown = 6010
  case claimNotOpen = 6011
  case claimAlreadyOpen = 6012
  case notMatured = 6013
  case referenceUsed = 6014
  case aboveOutstanding = 6015
  case tooManyClaims = 6016

  /// A number that does not fit its range came out of a calculation; nothing happened.
  case arithmetic = 9001

  package var number: UInt16 { rawValue }
  package var name: String { "\(self)" }
  package var isRefusal: Bool { self != .accepted && self != .awaitingApproval }
}

/// Why a rule refused a document: the outcome, and the place in `terms` that it is about.
package struct Rejection: Error, Equatable, Sendable {
  package let outcome: Outcome
  /// RFC 6901 pointer into the payload, such as `/terms/lines/0`.
  package let pointer: String

  package init(_ outcome: Outcome, _ pointer: String = "") {
    self.outcome = outcome
    self.pointer = pointer
  }
}
