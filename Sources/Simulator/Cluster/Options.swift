/// What one run is made of. The same options give the same history.
package struct Options: Sendable {
  package var seed: UInt64
  /// 4, 7 or 10.
  package var nodes: Int
  /// Kinds of faults that are left out.
  package var without: Set<FaultKind> = []
  /// The safety phase ends here, in milliseconds of the world's time.
  package var until: Int64 = 600_000
  package var blocks = 150
  package var faults = 25
  package var planted: PlantedFault?

  package init(seed: UInt64, nodes: Int = 4) {
    self.seed = seed
    self.nodes = nodes
  }

  func has(_ kind: FaultKind) -> Bool { !without.contains(kind) }
}
