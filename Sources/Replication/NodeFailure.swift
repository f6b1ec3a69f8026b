/// Why a node does not start, or stops: a sentence that says what to do, and the status with which the process ends.
package enum NodeFailure: Error, Equatable, Sendable, CustomStringConvertible {
  case configuration(path: String, String)
  case missing(path: String, String)
  case otherNetwork(path: String, network: String)
  case portInUse(String)
  case storage(String)
  /// What is stored does not fit together.
  case damaged(String)
  /// This node computed something else than the quorum did.
  case diverged(String)
  case alarm(String)
  /// Not a failure: the node starts again, on the state that it has fetched.
  case restart(String)

  package var description: String {
    switch self {
    case .configuration(let path, let fault):
      "The configuration \(path) cannot be used: \(fault)."
    case .missing(let path, let advice):
      "\(path) is missing. \(advice)."
    case .otherNetwork(let path, let network):
      "\(path) belongs to another network than \(network). Use the home folder of this network, or an empty one."
    case .portInUse(let address):
      "\(address) is in use by another process. Stop it, or choose another port in the node's configuration."
    case .storage(let message): message
    case .damaged(let message):
      "The node's data does not fit together: \(message). Run `lianrong audit` on a copy, and restore the node from its peers."
    case .diverged(let message):
      "This node's state differs from the quorum's: \(message). It stopped before voting. Keep its data for examination."
    case .alarm(let message):
      "The node stopped voting: \(message)."
    case .restart(let reason):
      "The node starts again: \(reason)."
    }
  }

  /// sysexits.h: 78 configuration, 69 unavailable, 74 input/output, 70 software.
  package var status: Int32 {
    switch self {
    case .configuration, .missing, .otherNetwork: 78
    case .portInUse: 69
    case .storage, .damaged: 74
    case .diverged, .alarm: 70
    case .restart: 75
    }
  }
}
