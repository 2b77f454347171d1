import Exchange
import Foundation
import Learning

/// AdamW's moments beside an adapter, so that a stopped trainer goes on where it was.
enum OptimizerFile {
  static let name = "optimizer.safetensors"

  static func write(_ state: AdamW.State, to file: URL) throws {
    try Safetensors.write(
      [
        ("first", [state.first.count], state.first),
        ("second", [state.second.count], state.second),
      ],
      metadata: ["step": String(state.step)], to: file)
  }

  /// The state; nil when the file is not there or not whole, and then the moments start afresh.
  static func read(_ file: URL) -> AdamW.State? {
    guard let tensors = try? Safetensors(file: file),
      let step = tensors.metadata["step"].flatMap({ Int($0) }),
      let first = try? tensors.floats("first"), let second = try? tensors.floats("second")
    else { return nil }
    return AdamW.State(step: step, first: first, second: second)
  }
}
