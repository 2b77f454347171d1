import Exchange
import Foundation
import LanguageModel
import Learning
import Storage

/// The adapters of a workspace's versions on disk: `adapters/policy-N` and `adapters/reward-N`.
///
/// A folder is complete before its row is written, and a folder without a row is no version.
struct VersionFiles {
  let workspace: Workspace
  let configuration: ModelConfiguration
  let baseModelName: String

  func load(_ version: Version) throws -> (adapter: LoRAAdapter, heads: [[Float]]?) {
    try PEFT.read(
      directory: workspace.directory.appendingPathComponent(version.path),
      configuration: configuration)
  }

  /// The optimizer's state that a version was published with; nil when it is no longer kept.
  func optimizer(of version: Version, count: Int) -> AdamW? {
    let file = workspace.directory.appendingPathComponent(version.path)
      .appendingPathComponent(OptimizerFile.name)
    return OptimizerFile.read(file).flatMap { AdamW(count: count, state: $0) }
  }

  /// The probe that a reward version was published with; nil when it has none.
  func probe(of version: Version, layout: RewardProbe.Layout) throws -> RewardProbe? {
    try ProbeFile.read(
      workspace.directory.appendingPathComponent(version.path)
        .appendingPathComponent(ProbeFile.name), layout: layout)
  }

  /// What a reward version reads prompts with; nil when that is the base alone.
  func imitation(of version: Version) throws -> Imitation? {
    let folder = workspace.directory.appendingPathComponent(version.path)
      .appendingPathComponent(Self.imitationFolder)
    guard FileManager.default.fileExists(atPath: folder.path) else { return nil }
    let (adapter, _) = try PEFT.read(directory: folder, configuration: configuration)
    let labels =
      try Safetensors(file: folder.appendingPathComponent(Self.imitatedFile))
      .metadata[Self.imitatedKey] ?? ""
    return Imitation(
      adapter: adapter, learnt: Set(labels.split(separator: " ").compactMap { Int64($0) }))
  }

  /// A folder in that of a reward version, and the file in it with the labels learnt.
  private static let imitationFolder = "imitation"
  private static let imitatedFile = "learnt.safetensors"
  private static let imitatedKey = "demonstrations"

  /// Writes a version's folder, durable when it returns.
  ///
  /// - Returns: its path relative to the workspace.
  func write(
    kind: VersionKind, number: Int64, adapter: LoRAAdapter, heads: [[Float]]?, optimizer: AdamW,
    probe: RewardProbe? = nil, imitation: Imitation? = nil
  ) throws -> String {
    let path = Workspace.versionPath(kind, number)
    let folder = workspace.directory.appendingPathComponent(path, isDirectory: true)
    // Left over from a trainer that was killed before it wrote the row.
    if FileManager.default.fileExists(atPath: folder.path) {
      try FileManager.default.removeItem(at: folder)
    }
    try PEFT.write(
      adapter: adapter, heads: heads, baseModelName: baseModelName, to: folder)
    try OptimizerFile.write(
      optimizer.state, to: folder.appendingPathComponent(OptimizerFile.name))
    if let probe {
      try ProbeFile.write(probe, to: folder.appendingPathComponent(ProbeFile.name))
    }
    if let imitation {
      let folder = folder.appendingPathComponent(Self.imitationFolder, isDirectory: true)
      try PEFT.write(adapter: imitation.adapter, baseModelName: baseModelName, to: folder)
      let labels = imitation.learnt.sorted().map(String.init).joined(separator: " ")
      try Safetensors.write(
        [], metadata: [Self.imitatedKey: labels],
        to: folder.appendingPathComponent(Self.imitatedFile))
    }
    return path
  }

  /// Removes the optimizer state of versions that a newer one has followed.
  func removeOptimizer(of version: Version) {
    let file = workspace.directory.appendingPathComponent(version.path)
      .appendingPathComponent(OptimizerFile.name)
    try? FileManager.default.removeItem(at: file)
  }

  /// - Parameter path: relative to the workspace.
  func remove(path: String) {
    try? FileManager.default.removeItem(at: workspace.directory.appendingPathComponent(path))
  }
}
