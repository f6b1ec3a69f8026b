import Frames

extension FuzzTarget {
  /// What comes over a connection, and the first message on it.
  static let frames = FuzzTarget(name: "frames", maximumBytes: 200_000, seeds: frameSeeds, attack: readFrames)
}
