import Contracts
import Ledger

extension Script {
  private static let sealed = String(repeating: "A", count: 747)

  /// From an order to a repaid loan: the lines of one script, in each of which the terms are complete.
  static let example: [String] = [
    #"steelworks order/1 {"number":"PO-1","supplier":"foundry","currency":"CNY","date":"2025-06-01","lines":[{"line":"10","quantity":"100","unit":"t","amount":"1000.00"}],"carriers":["rail"],"toleranceBasisPoints":100,"paymentDays":60}"#,
    #"foundry order.response/1 {"buyer":"steelworks","order":"PO-1","decision":"accepted"}"#,
    #"foundry dispatch/1 {"buyer":"steelworks","order":"PO-1","number":"D-1","date":"2025-06-01","carrier":"rail","lines":[{"line":"10","quantity":"100"}]}"#,
    #"rail attestation/1 {"supplier":"foundry","dispatch":"D-1","event":"pickedUp","date":"2025-06-01"}"#,
    #"rail attestation/1 {"supplier":"foundry","dispatch":"D-1","event":"delivered","date":"2025-06-02"}"#,
    #"steelworks receipt/1 {"supplier":"foundry","dispatch":"D-1","number":"R-1","date":"2025-06-04","lines":[{"line":"10","received":"100"}]}"#,
    #"foundry invoice/1 {"buyer":"steelworks","order":"PO-1","number":"INV-1","date":"2025-06-05","currency":"CNY","lines":[{"line":"10","quantity":"100","amount":"1000.00"}],"additions":"0.00","deductions":"0.00","total":"1000.00"}"#,
    #"steelworks receivable.confirm/1 {"supplier":"foundry","invoice":"INV-1","currency":"CNY","amount":"990.00","maturity":"2025-12-01","settlementBank":"settlement-bank"}"#,
    #"foundry receivable.accept/1 {"certificate":"$8"}"#,
    #"foundry transfer.offer/1 {"certificate":"$8","intervals":[{"from":0,"to":30000}],"receiver":"mill","recourse":true}"#,
    #"mill transfer.accept/1 {"transfer":"$10"}"#,
    #"foundry financing.request/1 {"certificate":"$8","intervals":[{"from":30000,"to":99000}],"banks":["harbour-bank","river-bank"],"commitBy":1750001000,"openBy":1750002000}"#,
    #"harbour-bank offer.commit/1 {"request":"$12","commitment":"%12/harbour-bank"}"#,
    "wait 1000",
    #"harbour-bank offer.open/1 {"request":"$12","sealed":"\#(sealed)"}"#,
    #"foundry offer.accept/1 {"request":"$12","bank":"harbour-bank","opening":\#(JSON.string(opening.text).text)}"#,
    #"harbour-bank payment.claim/1 {"purpose":"disbursement","subject":"$15","payee":"foundry","currency":"CNY","amount":"600.00","valueDate":"2025-06-15","reference":"H-1"}"#,
    #"foundry payment.confirm/1 {"claim":"$16"}"#,
    "wait 3456000",
    #"foundry payment.claim/1 {"purpose":"repayment","subject":"$15","payee":"harbour-bank","currency":"CNY","amount":"300.00","valueDate":"2025-07-25","reference":"F-1"}"#,
    #"harbour-bank payment.confirm/1 {"claim":"$18"}"#,
    "wait 11100000",
    #"steelworks payment.claim/1 {"purpose":"redemption","subject":"$8","payee":"mill","currency":"CNY","amount":"300.00","valueDate":"2025-12-01","reference":"S-1","intervals":[{"from":0,"to":30000}]}"#,
    #"mill payment.contest/1 {"claim":"$20"}"#,
    #"foundry credit-note/1 {"buyer":"steelworks","invoice":"INV-1","number":"C-1","date":"2025-06-06","currency":"CNY","total":"1.00"}"#,
  ]

  private static let validators = JSON.array(
    ExampleNetwork.validatorNames.reversed().map {
      [
        "organisation": .string($0), "voteKey": ExampleNetwork.publicKey("\($0)/vote"),
        "transportKey": ExampleNetwork.publicKey("\($0)/node"),
      ]
    })

  /// Acts that end what the example goes on with, or stand beside it.
  static let others: [String] = [
    #"foundry receivable.refuse/1 {"certificate":"$8"}"#,
    #"mill transfer.refuse/1 {"transfer":"$10"}"#,
    #"foundry transfer.revoke/1 {"transfer":"$10"}"#,
    #"foundry financing.cancel/1 {"request":"$12"}"#,
    #"steelworks key.add/1 {"member":"steelworks","key":{"name":"second","publicKey":\#(ExampleNetwork.publicKey("second").text),"permissions":["trade"],"validFromHeight":5,"validUntilHeight":9}}"#,
    #"steelworks key.revoke/1 {"member":"steelworks","key":"main","fromHeight":90}"#,
    #"steelworks member.admit/1 \#(ExampleNetwork.member("quarry", "supplier").text)"#,
    #"steelworks validators/1 {"epoch":1,"validators":\#(validators.text),"observers":[]}"#,
    #"harbour-bank approval/1 {"document":"$1","decision":"approve"}"#,
  ]

  /// Whole and cut short by each of the other acts, where these belong.
  static let all: [String] = [
    example.joined(separator: "\n"),
    (example.prefix(8) + [others[0]]).joined(separator: "\n"),
    (example.prefix(10) + [others[1]]).joined(separator: "\n"),
    (example.prefix(10) + [others[2]]).joined(separator: "\n"),
    (example.prefix(12) + [others[3]]).joined(separator: "\n"),
    (others[4...5] + example.prefix(3)).joined(separator: "\n"),
    [others[6], others[8]].joined(separator: "\n"), [others[7], others[8]].joined(separator: "\n"),
  ]
}
