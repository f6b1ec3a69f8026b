import Ledger

extension UBLReader {
  /// One way in which a file names a party, best first.
  private struct Identification {
    let scheme: String?
    let value: String
    let element: Element
  }

  private func identifications(of party: Element) -> [Identification] {
    // The same places whether `party` is the cac:Party itself or the role around it.
    let inner = tree.first("cac:Party", in: party) ?? party
    let places: [(Element, String, scheme: String?)] = [
      (inner, "cac:PartyIdentification/cbc:ID", nil), (inner, "cbc:EndpointID", nil),
      (inner, "cac:PartyLegalEntity/cbc:CompanyID", nil), (inner, "cac:PartyTaxScheme/cbc:CompanyID", nil),
      (inner, "cac:PartyName/cbc:Name", "name"), (inner, "cac:PartyLegalEntity/cbc:RegistrationName", "name"),
      (inner, "cac:PartyTaxScheme/cbc:RegistrationName", "name"),
      (party, "cbc:CustomerAssignedAccountID", "account"), (party, "cbc:SupplierAssignedAccountID", "account"),
    ]
    return places.flatMap { parent, path, scheme in
      tree.all(path, in: parent).compactMap { element in
        let value = tree.text(element)
        let named = scheme ?? tree.attribute("schemeID", of: element)
        return value.isEmpty ? nil : Identification(scheme: named, value: value, element: element)
      }
    }
  }

  /// The member that a party is.
  mutating func member(_ party: Element, role: String) throws(ImportFailure) -> String {
    let all = identifications(of: party)
    guard let best = all.first else { throw fault(.memberMissing, party, "nothing identifies the \(role)") }

    if let own = all.first(where: { $0.scheme?.lowercased() == UBL.memberScheme }) {
      use(own.element)
      guard isIdentifier(own.value, upTo: 48) else {
        throw fault(.valueInvalid, own.element, "\"\(own.value.prefix(64))\" is not a member id")
      }
      return own.value
    }
    for candidate in all {
      if let mapping = parties.first(where: { $0.names(scheme: candidate.scheme, value: candidate.value) }) {
        use(candidate.element)
        guard isIdentifier(mapping.member, upTo: 48) else {
          throw ImportFailure(.valueInvalid, "--party: \"\(mapping.member.prefix(64))\" is not a member id")
        }
        return mapping.member
      }
    }
    for candidate in all {
      guard let derived = UBLImporter.identifier(from: candidate.value) else { continue }
      use(candidate.element)
      remark(
        "\(role) «\(best.value.prefix(80))» is not mapped to a member: written as «\(derived)»; map it with --party")
      return derived
    }
    throw fault(.partyUnmapped, party, "\(role) «\(best.value.prefix(80))»")
  }

  mutating func member(_ path: String, role: String) throws(ImportFailure) -> String {
    guard let party = tree.first(path, in: root) else {
      throw ImportFailure(.memberMissing, "\(tree.place(root))/\(path), the \(role)")
    }
    return try member(party, role: role)
  }

  /// The party that the signer of the document stands for: a draft does not name it, so the result must.
  mutating func issuer(_ path: String, role: String) throws(ImportFailure) {
    let id = try member(path, role: role)
    remark("the \(role) is the issuer: have «\(id)» sign this document")
  }

  /// The members at `paths`, each once, in the order of the file.
  mutating func members(_ paths: [String], role: String) throws(ImportFailure) -> [String] {
    var found: [String] = []
    for path in paths {
      for party in tree.all(path, in: root) {
        let id = try member(party, role: role)
        if !found.contains(id) { found.append(id) }
      }
    }
    return found
  }

  /// Names and postal addresses. Contacts and persons are left behind: nobody needs them on a ledger.
  mutating func addresses(_ roles: [(name: String, path: String)], delivery: [String]) -> JSON? {
    var members: [JSON.Member] = []
    for (name, path) in roles {
      guard let role = tree.first(path, in: root) else { continue }
      let party = tree.first("cac:Party", in: role) ?? role
      let value = JSON.present(
        ("name", carryAll("cac:PartyName/cbc:Name", in: party)),
        ("registeredName", carryAll("cac:PartyLegalEntity/cbc:RegistrationName", in: party)),
        ("address", carryAll("cac:PostalAddress", in: party)))
      if let value { members.append(.init(name, value)) }
    }
    for path in delivery {
      if let value = carryAll(path, in: root) {
        members.append(.init(String(path.split(separator: ":").last ?? ""), value))
      }
    }
    return members.isEmpty ? nil : .object(members)
  }
}

extension UBLImporter {
  /// The same identifier from the same text always: a-z and 0-9 as they are, runs of anything else as one hyphen.
  /// Nil where nothing is left to write (a name in Chinese, for one).
  static func identifier(from text: String) -> String? {
    var bytes: [UInt8] = []
    for byte in text.lowercased().utf8 {
      if (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) {
        bytes.append(byte)
      } else if let last = bytes.last, last != UInt8(ascii: "-") {
        bytes.append(UInt8(ascii: "-"))
      }
    }
    bytes = Array(bytes.prefix(48))
    if bytes.last == UInt8(ascii: "-") { bytes.removeLast() }
    let result = String(decoding: bytes, as: UTF8.self)
    return isIdentifier(result, upTo: 48) ? result : nil
  }
}
