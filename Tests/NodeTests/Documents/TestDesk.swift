import Client
import Contracts
import Financing
import Foundation
import Ledger
import Node
import Replication
import Sodium

/// A node's desk over a real database in a folder of its own, without a network: blocks are executed as the test says.
final class TestDesk {
  let folder: String
  let genesis: Genesis
  let chain: Chain
  let pool: Pool
  let door: Door
  let desk: DocumentDesk

  init(limits: Pool.Limits = Pool.Limits()) throws {
    folder = NSTemporaryDirectory() + "lianrong-desk-\(UUID().uuidString)"
    let setup = try NetworkSetup.create(
      try NetworkPlan(json: TestNetwork.plan(.alone, 1)), in: folder, nowMilliseconds: NetworkClock.wall - 60_000,
      passphrase: nil)
    genesis = setup.genesis
    let store = try ChainStore(path: folder + "/ledger", genesis: genesis)
    chain = try Chain(genesis: genesis, store: store, stages: Stages())
    door = Door(
      network: genesis.network, store: store, reading: DocumentReader(registry: .all, stages: Stages()),
      clock: NetworkClock(), validitySeconds: genesis.parameters.documentValiditySeconds)
    pool = Pool(limits: limits)
    desk = DocumentDesk(
      chain: chain, door: door, pool: pool, disclosures: try DisclosureStore(path: folder + "/disclosures"),
      otherNodes: { _ in [] }, spread: { _ in })
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  var now: Int64 { NetworkClock.wall / 1000 }

  func key(_ name: String) throws -> MemberKey { try MemberKey.read("\(folder)/keys/\(name).json") }

  func signed(_ draft: DocumentDraft, by name: String = "huadong-motors/erp") throws -> DocumentDraft.Signed {
    try key(name).sign(draft, network: genesis.network, now: now, validity: 3600)
  }

  func admitted(_ bytes: [UInt8]) throws -> AdmittedDocument {
    try door.admitted(bytes, head: chain.head.height)
  }

  /// Executes the next block with these documents, at a time from now on.
  func execute(_ documents: [[UInt8]], after milliseconds: Int64 = 0) throws {
    let admitted = try documents.map { try self.admitted($0) }
    let head = chain.head
    let validators = genesis.validators
    let header = Header(
      chain: genesis.chain, epoch: validators.epoch, height: head.height + 1, parent: head.block,
      time: max(head.time, NetworkClock.wall + milliseconds), proposer: validators.leader(of: head.view + 1),
      documentsRoot: Block.documentsRoot(documents), executed: head.executed, validators: validators.digest,
      nextValidators: validators.digest)
    let block = Block(header: header, documents: documents)
    let proposal = Proposal(view: head.view + 1, parentView: head.view, payload: block.digest)
    try chain.execute(
      FinalizedBlock(block: block, finality: Finality(proposal: proposal, certificate: nil)), admitted)
  }

  // MARK: Documents that are wrong in one way

  /// The payload of a small order, as text, so that it can be wrong.
  func payload(
    type: String = "order/1", network: String? = nil, issuer: String = "huadong-motors", jti: String? = nil,
    issued: Int64? = nil, validity: Int64 = 3600, amount: String = "\"10.00\"", members: String = ""
  ) -> String {
    let jti = jti ?? UUID().uuidString.lowercased()
    let issued = issued ?? now
    return """
      {"type":"\(type)","network":"\(network ?? genesis.network)","issuer":"\(issuer)","jti":"\(jti)","iat":\(issued),\
      "exp":\(issued + validity)\(members),"terms":{"number":"PO-\(jti.prefix(8))","supplier":"jinling-parts",\
      "currency":"CNY","date":"2026-01-05","lines":[{"line":"1","quantity":"1","unit":"EA","amount":\(amount)}],\
      "carriers":[]}}
      """
  }

  func order(_ payload: String? = nil, by name: String = "huadong-motors/erp") throws -> [UInt8] {
    try key(name).sign(payload: payload ?? self.payload())
  }

  /// A good order under another header.
  func order(header: String) throws -> [UInt8] {
    let input = Base64URL.encodedUTF8(Array(header.utf8)) + [0x2e] + Base64URL.encodedUTF8(Array(payload().utf8))
    return input + [0x2e] + Base64URL.encodedUTF8(try key("huadong-motors/erp").sign(input).bytes)
  }
}
