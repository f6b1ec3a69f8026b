import Contracts
import Ledger
import Node
import Replication
import Sodium
import Testing

@Suite("C-16: where a block may stand")
struct BlockPlaceTests {
  private let desk: TestDesk
  private let parent: BlockParent
  private let proposal: Proposal

  init() throws {
    desk = try TestDesk()
    let digest = Digest(.block, of: [1])
    parent = BlockParent(digest: digest, height: 20, time: 1_000, attested: 15)
    proposal = Proposal(view: 33, parentView: 32, payload: .zero)
  }

  /// A block that fits, but for what the test changes.
  private func block(
    chain: Digest? = nil, epoch: UInt64 = 0, height: UInt64 = 21, parent: Digest? = nil, time: Int64 = 1_000,
    proposer: Int? = nil, attests executed: UInt64 = 19, validators: Digest? = nil, next: Digest? = nil,
    documents: [[UInt8]] = []
  ) -> Block {
    let genesis = desk.genesis
    return Block(
      header: Header(
        chain: chain ?? genesis.chain, epoch: epoch, height: height, parent: parent ?? self.parent.digest, time: time,
        proposer: proposer ?? genesis.validators.leader(of: proposal.view),
        documentsRoot: Block.documentsRoot(documents),
        executed: Executed(height: executed, stateRoot: .zero, historyRoot: .zero),
        validators: validators ?? genesis.validators.digest, nextValidators: next ?? genesis.validators.digest),
      documents: documents)
  }

  private var epoch: Epoch {
    Epoch(desk.genesis.validators, transportKey: PublicKey([UInt8](repeating: 1, count: 32))!)
  }

  private func fits(_ block: Block) -> Bool { block.fits(proposal, on: parent, in: epoch, of: desk.genesis) }

  @Test("the next block of the view's leader fits") func good() {
    #expect(fits(block()))
    #expect(fits(block(time: 2_000, attests: 15)))
    #expect(fits(block(attests: 20)))
  }

  @Test("a block that names another parent does not, though its height is right") func parents() {
    #expect(!fits(block(parent: Digest(.block, of: [2]))))
    #expect(!fits(block(parent: desk.genesis.chain)))
  }

  @Test("nor does one of another height, time, chain, epoch or set of validators") func others() {
    #expect(!fits(block(height: 20)))
    #expect(!fits(block(height: 22)))
    #expect(!fits(block(height: .max)))
    #expect(!fits(block(time: 999)))
    #expect(!fits(block(chain: .zero)))
    #expect(!fits(block(epoch: 1)))
    #expect(!fits(block(validators: .zero)))
  }

  @Test("nor one of a validator that does not lead the view") func leaders() {
    let leader = desk.genesis.validators.leader(of: proposal.view)
    for proposer in 0..<desk.genesis.validators.count where proposer != leader {
      #expect(!fits(block(proposer: proposer)))
    }
  }

  @Test("attestations go on from the parent's, and are of the past") func attestations() {
    #expect(!fits(block(attests: 14)))
    #expect(!fits(block(attests: 21)))
    #expect(!fits(block(attests: .max)))
  }

  @Test("with documents a block is at most the lag above what it attests; an empty one is free of it") func lag() {
    let far = BlockParent(digest: parent.digest, height: 20, time: 1_000, attested: 2)
    let lag = desk.genesis.parameters.executionLag
    let genesis = desk.genesis
    #expect(block(attests: 21 - lag, documents: [[1]]).fits(proposal, on: far, in: epoch, of: genesis))
    #expect(!block(attests: 20 - lag, documents: [[1]]).fits(proposal, on: far, in: epoch, of: genesis))
    #expect(block(attests: 2).fits(proposal, on: far, in: epoch, of: genesis))
  }
}
