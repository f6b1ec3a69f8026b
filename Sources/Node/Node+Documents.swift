import Contracts
import Ledger
import Replication
import Sodium

extension NodeRun {
  func workArrived() {
    replica.perform { $0.workArrived() }
  }

  /// Documents that another node took in. What this node would refuse at its own door is dropped.
  func takeGossip(_ documents: [[UInt8]]) {
    let head = chain.head.height
    var isNew = false
    let leaves = documents.map { Digest(.treeLeaf, of: $0) }
    let known = desk.pool.documents(withLeaves: leaves)
    for (index, bytes) in documents.enumerated() where known[index] == nil {
      do {
        isNew = try desk.pool.add(try desk.door.admitted(bytes, head: head)) || isNew
      } catch is Violations {
        continue
      } catch {
        logger.error("gossip cannot be taken in", metadata: ["error": "\(error)"])
      }
    }
    if isNew { workArrived() }
  }

  /// A validator that was not connected when documents came in gets those that still wait.
  func sendWaiting(to validator: PublicKey) {
    let documents = desk.pool.waiting(documents: PeerMessage.maximumDocuments, bytes: 1 << 20)
    guard !documents.isEmpty else { return }
    network.send(PeerMessage.documents(documents).cbor, on: .documents, to: validator)
  }

  /// An observer cannot put a document into a block itself: what waits long is sent once more.
  func remindValidators() {
    guard roster.validatorIndex == nil else { return }
    for peer in network.peers where peer.isConnected && peer.record.isValidator { sendWaiting(to: peer.record.key) }
  }

  // MARK: Disclosures

  /// Sends what the connected parties' nodes have not confirmed yet.
  func deliverDisclosures() {
    for peer in network.peers where peer.isConnected {
      do {
        for id in try desk.disclosures.undelivered(to: peer.record.key) {
          // Only what is recorded: a party's node can check it against the document.
          guard try chain.store.location(of: id) != nil, let texts = try desk.disclosures.disclosures(of: id) else {
            continue
          }
          network.send(PeerMessage.disclose(id, texts).cbor, on: .control, to: peer.record.key)
        }
      } catch {
        logger.error("disclosures cannot be read", metadata: ["error": "\(error)"])
      }
    }
  }

  /// Keeps disclosures only of documents to which this node's organisation is a party, and only those that fit.
  func takeDisclosures(_ texts: [String], of id: Digest, from peer: PeerRecord) {
    do {
      guard let location = try chain.store.location(of: id),
        let block = try chain.store.finalizedBlock(at: location.height)
      else { return }
      let bytes = block.block.documents[location.index]
      let document = try desk.door.checked(bytes, keyKnownAt: location.height)
      guard document.act.parties.contains(roster.organisation) || document.envelope.issuer == roster.organisation else {
        return
      }
      try desk.keep(texts, of: document, forward: false)
      network.send(PeerMessage.disclosed(id).cbor, on: .control, to: peer.key)
    } catch {
      logger.warning("disclosures were not kept", metadata: ["document": "\(id)", "error": "\(error)"])
    }
  }

  func confirmDisclosures(of id: Digest, by peer: PeerRecord) {
    do {
      try desk.disclosures.delivered(id, to: peer.key)
    } catch {
      logger.error("a delivery cannot be noted", metadata: ["error": "\(error)"])
    }
  }
}
