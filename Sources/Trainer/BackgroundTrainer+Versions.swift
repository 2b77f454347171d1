import Feedback
import Foundation
import LanguageModel
import Learning
import Storage

extension BackgroundTrainer {
  /// Loads the versions in use, at the start and whenever someone has put another into use. What was
  /// in training is dropped then: the next update goes on from the chosen version.
  func followChosenVersions() throws {
    let chosen = try workspace.currentVersion(.policy)
    if chosen?.id ?? 0 != policy.version {
      policy =
        try chosen.map { LoadedPolicy(version: $0.id, adapter: try files.load($0).adapter) }
        ?? .base
      policyLearner = nil
      standing = PolicyUpdate.Standing()
      practiceOwed = 0
      refitting = nil
      try notePractice()
    }
    let chosenReward = try workspace.currentVersion(.reward)
    if chosenReward?.id != reward?.version {
      let loaded = try chosenReward.map(loadReward)
      rewardLearner = nil
      imitator = nil
      try read(with: loaded?.imitation)
      reward = loaded
    }
  }

  private func loadReward(_ version: Version) throws -> LoadedReward {
    let (adapter, heads) = try files.load(version)
    guard let heads else {
      throw TrainerError(
        "The reward model in \(version.path) has no head; restore its heads.safetensors, or remove "
          + "the workspace's reward versions.")
    }
    return LoadedReward(
      version: version.id, model: try RewardModel(adapter: adapter, heads: heads),
      probe: try files.probe(of: version, layout: ProbeFeatures.layout(of: model.configuration)),
      imitation: try files.imitation(of: version))
  }

  /// Publishes the policy in training, or keeps it as a rejected version and goes back.
  ///
  /// - Parameters:
  ///   - taught: labels that it has learnt beyond the version in use.
  ///   - pendingAgain: labels that the version in use has learnt and it has not.
  func publishPolicy(
    _ number: Int64, learner: PolicyLearner, result: UpdateResult, taught: [Int64],
    pendingAgain: [Int64] = []
  ) throws {
    if let rejection = result.rejection {
      try workspace.set("version.\(number).rejection", to: rejection)
    }
    let path = try files.write(
      kind: .policy, number: number, adapter: learner.adapter, heads: nil,
      optimizer: learner.optimizer)
    let parent = try parent(.policy, trainedFrom: policy.version, orRemoving: path)
    let version = try workspace.publish(
      NewVersion(
        id: number, kind: .policy, parent: parent?.id, path: path, learntFrom: taught,
        pendingAgain: pendingAgain, metrics: result.metrics, isRejected: result.rejection != nil,
        weightFormat: "f32", program: program))
    if let rejection = result.rejection {
      log.notice("policy \(number) is not used: \(rejection)")
      files.removeOptimizer(of: version)
      try pruneFiles()
      policyLearner = nil
      return
    }
    policy = LoadedPolicy(version: number, adapter: learner.adapter.copy())
    log.info("policy \(number) published", metadata: ["labels": "\(taught.count)"])
    try removeOldOptimizer(version)
    try pruneFiles()
  }

  /// Publishes the reward model in training.
  ///
  /// - Parameters:
  ///   - taught: rankings that it has learnt.
  ///   - demonstrations: those that its probe was fitted to.
  func publishReward(
    _ number: Int64, learner: RewardLearner, probe: RewardProbe?, result: UpdateResult,
    taught: [Int64], demonstrations: [Label]
  ) throws {
    let path = try files.write(
      kind: .reward, number: number, adapter: learner.model.adapter, heads: learner.model.heads,
      optimizer: learner.optimizer, probe: probe, imitation: imitation)
    var metrics = result.metrics
    if let probe { metrics["skill"] = probe.skill }
    if let imitation { metrics["imitated"] = Double(imitation.learnt.count) }
    let parent = try parent(.reward, trainedFrom: reward?.version ?? 0, orRemoving: path)
    // What its ancestors rest on already is theirs.
    let known = Set(try parent.map { try workspace.learntLabels(version: $0.id) } ?? [])
    let fitted = probe == nil ? [] : demonstrations.map(\.id).filter { !known.contains($0) }
    let version = try workspace.publish(
      NewVersion(
        id: number, kind: .reward, parent: parent?.id, path: path,
        learntFrom: (taught + fitted).sorted(),
        metrics: metrics, weightFormat: "f32", program: program))
    reward = LoadedReward(
      version: number, model: learner.model.copy(), probe: probe, imitation: imitation)
    log.info("reward model \(number) published", metadata: ["labels": "\(taught.count)"])
    try removeOldOptimizer(version)
    try pruneFiles()
  }

  /// Generations whose optimizer's state is kept, to go on from when a label is taken back.
  private static let optimizersKept = 3

  /// Removes the optimizer's state of the ancestor that is one generation too old for it.
  private func removeOldOptimizer(_ version: Version) throws {
    var old: Version? = version
    for _ in 0..<Self.optimizersKept { old = try old?.parent.flatMap(workspace.version) }
    if let old { files.removeOptimizer(of: old) }
  }

  /// The version that a new one was trained from; nil for the base model.
  ///
  /// - Throws: `CancellationError`, with the new one's files removed, when someone has put another
  ///   version into use meanwhile: the labels wait for an update that starts there.
  private func parent(
    _ kind: VersionKind, trainedFrom start: Int64, orRemoving path: String
  ) throws -> Version? {
    let current = try workspace.currentVersion(kind)
    guard current?.id ?? 0 == start else {
      files.remove(path: path)
      throw CancellationError()
    }
    return current
  }

  /// Removes the files of versions that nothing needs any more; their rows stay.
  private func pruneFiles() throws {
    let versions = try workspace.prunableVersions()
    try workspace.markPruned(versions.map(\.id))
    for version in versions { files.remove(path: version.path) }
  }
}
