import Contracts

extension Genesis {
  /// How long after its block's time a document may still be valid, at most: `exp` is bounded by `iat`, and `iat` by the
  /// clocks of the doors, which may be ahead. Every node knows the documents of the last horizon; older ones cannot be
  /// replayed. In seconds of network time.
  package var documentHorizonSeconds: Int64 {
    2 * parameters.documentValiditySeconds + 2 * Door.clockTolerance * (clock?.rate ?? 1)
  }
}
