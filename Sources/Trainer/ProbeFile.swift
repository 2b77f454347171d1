import Exchange
import Feedback
import Foundation
import Learning

/// A reward probe beside the adapter of its version.
enum ProbeFile {
  static let name = "probe.safetensors"

  static func write(_ probe: RewardProbe, to file: URL) throws {
    let width = probe.mean.count
    try Safetensors.write(
      [
        ("mean", [width], probe.mean), ("scale", [width], probe.scale),
        ("heads", [probe.heads.count, width], Array(probe.heads.joined())),
        ("blocks", [probe.blockWeights.count], probe.blockWeights.map { Float($0) }),
        ("information", [1], [Float(probe.information)]),
        (
          "foreseen", [2],
          [Float(probe.foreseen.correct), Float(probe.foreseen.total)]
        ),
      ], to: file)
  }

  /// The probe; nil when there is none, or it is of another model's width.
  static func read(_ file: URL, width: Int) throws -> RewardProbe? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let tensors = try Safetensors(file: file)
    let heads = try tensors.floats("heads")
    let mean = try tensors.floats("mean")
    let scale = try tensors.floats("scale")
    guard mean.count == width, scale.count == width, !heads.isEmpty, heads.count % width == 0
    else { return nil }
    let foreseen = try tensors.floats("foreseen")
    guard foreseen.count == 2 else { return nil }
    return RewardProbe(
      mean: mean, scale: scale,
      heads: stride(from: 0, to: heads.count, by: width).map { Array(heads[$0..<($0 + width)]) },
      blockWeights: try tensors.floats("blocks").map { Double($0) },
      information: Double(try tensors.floats("information").first ?? 0),
      foreseen: PairCount(correct: Int(foreseen[0]), total: Int(foreseen[1])))
  }
}
