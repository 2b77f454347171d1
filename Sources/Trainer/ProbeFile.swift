import Exchange
import Feedback
import Foundation
import Learning

/// A reward probe beside the adapter of its version.
enum ProbeFile {
  static let name = "probe.safetensors"
  /// What its features are read of; 2 since prompts are read two thirds up the model.
  private static let reading: Float = 2

  static func write(_ probe: RewardProbe, to file: URL) throws {
    let width = probe.mean.count
    try Safetensors.write(
      [
        ("reading", [1], [reading]), ("mean", [width], probe.mean), ("scale", [width], probe.scale),
        (
          "heads", [probe.heads.count, probe.layout.expandedCount], Array(probe.heads.joined())
        ),
        ("blocks", [probe.blockWeights.count], probe.blockWeights.map { Float($0) }),
        ("skill", [1], [Float(probe.skill)]), ("center", [1], [probe.center]),
        (
          "foreseen", [2],
          [Float(probe.foreseen.correct), Float(probe.foreseen.total)]
        ),
      ], to: file)
  }

  /// The probe; nil when there is none, or it is of other features.
  static func read(_ file: URL, layout: RewardProbe.Layout) throws -> RewardProbe? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let tensors = try Safetensors(file: file)
    guard (try? tensors.floats("reading")) == [reading] else { return nil }
    let heads = try tensors.floats("heads")
    let mean = try tensors.floats("mean")
    let scale = try tensors.floats("scale")
    let length = layout.expandedCount
    guard mean.count == layout.count, scale.count == layout.count, !heads.isEmpty,
      heads.count % length == 0
    else { return nil }
    let foreseen = try tensors.floats("foreseen")
    guard foreseen.count == 2 else { return nil }
    return RewardProbe(
      layout: layout, mean: mean, scale: scale,
      heads: stride(from: 0, to: heads.count, by: length).map {
        Array(heads[$0..<($0 + length)])
      },
      blockWeights: try tensors.floats("blocks").map { Double($0) },
      skill: Double(try tensors.floats("skill").first ?? 0),
      foreseen: PairCount(correct: Int(foreseen[0]), total: Int(foreseen[1])),
      // Versions of before scores were centred have none.
      center: (try? tensors.floats("center"))?.first ?? 0)
  }
}
