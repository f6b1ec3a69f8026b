import Contracts
import Ledger

extension UBLReader {
  /// Fixes the currency of the document and refuses amounts in another one. A file may state its tax, its prices or its
  /// payment in a second currency, which it then names; such amounts never reach the terms.
  mutating func readCurrency(amounts paths: [String]) throws(ImportFailure) {
    let declared = element("cbc:DocumentCurrencyCode", in: root)
    let stated = paths.lazy.flatMap { [tree, root] in tree.all($0, in: root) }
      .first { [tree] in tree.attribute("currencyID", of: $0) != nil }
    let code: String
    if let declared {
      use(declared)
      code = tree.text(declared)
    } else if let stated, let currency = tree.attribute("currencyID", of: stated) {
      code = currency
    } else {
      throw ImportFailure(.memberMissing, "\(tree.place(root))/cbc:DocumentCurrencyCode")
    }
    guard let known = Currency(code) else {
      throw fault(.valueInvalid, declared ?? root, "\"\(code.prefix(16))\" is not a currency of ISO 4217")
    }
    currency = known
    var others: [String] = []
    for name in ["Tax", "Pricing", "Payment", "PaymentAlternative"] {
      if let other = text("cbc:\(name)CurrencyCode", in: root) { others.append(other) }
    }
    for element in tree.elements {
      guard let other = tree.attribute("currencyID", of: element), other != code, !others.contains(other) else {
        continue
      }
      throw fault(.currencyMismatch, element, "\(other.prefix(16)) in a document in \(currency)")
    }
  }

  /// A total above zero.
  mutating func payable(_ path: String) throws(ImportFailure) -> Int64 {
    guard let element = element(path, in: root), let amount = try money(path, in: root) else {
      throw ImportFailure(.memberMissing, "\(tree.place(root))/\(path)")
    }
    guard amount >= 0 else {
      throw fault(.amountNegative, element, "\(currency.text(amount)) \(currency): the seller owes the buyer")
    }
    guard amount > 0 else { throw fault(.valueInvalid, element, "nothing is left to pay") }
    return amount
  }

  /// What comes on top of the lines, and what goes off, each as the file gives it.
  struct Adjustments {
    var additions: Int64 = 0
    var deductions: Int64 = 0

    /// A sum that a hostile file drives too far stays at the end of the range and is refused when it is written.
    mutating func add(_ amount: Int64) {
      if amount >= 0 {
        additions = additions.addingReportingOverflow(amount).overflow ? .max : additions + amount
      } else {
        deductions = deductions.subtractingReportingOverflow(amount).overflow ? .max : deductions - amount
      }
    }
  }

  mutating func adjustments(_ totals: String) throws(ImportFailure) -> Adjustments {
    var result = Adjustments()
    for tax in tree.all("cac:TaxTotal", in: root) {
      if let amount = element("cbc:TaxAmount", in: tax), let code = tree.attribute("currencyID", of: amount),
        code != currency.code
      {
        remark("\(tree.path(amount)) in \(code) is not in the currency of the document: left out of the sums")
      } else if let amount = try money("cbc:TaxAmount", in: tax) {
        result.add(amount)
      }
    }
    for (name, sign) in [
      ("ChargeTotalAmount", 1), ("AllowanceTotalAmount", -1), ("PrepaidAmount", -1), ("PayableRoundingAmount", 1),
    ] as [(String, Int64)] {
      if let amount = try money("\(totals)/cbc:\(name)", in: root) { result.add(sign * amount) }
    }
    return result
  }

  /// The text of a sum; sums beyond what a document may state are refused.
  func written(_ amount: Int64) throws(ImportFailure) -> JSON {
    guard (0...DecimalText.maximum).contains(amount) else {
      throw ImportFailure(.valueInvalid, "\(currency.text(amount)) \(currency) is beyond what a document can state")
    }
    return .string(currency.text(amount))
  }
}
