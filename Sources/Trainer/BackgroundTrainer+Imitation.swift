import Feedback
import LanguageModel
import Learning
import Storage

/// What is asked for, read with what the demonstrations teach.
extension BackgroundTrainer {
  /// The newest demonstrations, so many, are imitated.
  private static let mostImitated = 64

  /// The demonstrations to imitate; what was taken back, or is held out, is not among them.
  private func imitable() throws -> [Label] {
    try workspace.labels(kinds: [.demonstration], heldOut: .learnable).suffix(Self.mostImitated)
      .filter { !failures.isSetAside(FailureCount.key(imitated: $0.id)) }
  }

  /// How many demonstrations are not imitated yet; where one was taken back that is, all are.
  func unimitated() throws -> Int {
    let labels = Set(try imitable().map(\.id))
    let learnt = imitator?.learnt ?? imitation?.learnt ?? []
    return learnt.isSubset(of: try learnableDemonstrations())
      ? labels.subtracting(learnt).count : max(1, labels.count)
  }

  private func learnableDemonstrations() throws -> Set<Int64> {
    Set(try workspace.labels(kinds: [.demonstration], heldOut: .learnable).map(\.id))
  }

  /// Imitates one more demonstration, and reads prompts anew once there are enough of them.
  func imitate() throws {
    let learnable = try learnableDemonstrations()
    let isTakenBack = imitation.map { !$0.learnt.isSubset(of: learnable) } ?? false
    if isTakenBack, try workspace.leaveRetracted(.reward) {
      log.info("the reward model goes back to before a demonstration that was taken back")
      return try followChosenVersions()
    }
    if let imitator, !imitator.learnt.isSubset(of: learnable) { self.imitator = nil }
    let imitator =
      imitator
      ?? Imitator(
        recipe: recipe, configuration: model.configuration, pass: pass,
        start: isTakenBack ? nil : imitation)
    self.imitator = imitator
    let labels = try imitable()
    let label = labels.first { !imitator.learnt.contains($0.id) }
    guard isTakenBack || label != nil else { return }
    let key = FailureCount.key(imitated: label?.id ?? 0)
    let job = try workspace.beginJob(
      kind: VersionKind.reward.rawValue,
      detail: "the reward model learns what a demonstration is for",
      attempt: failures.attempts(key) + 1)
    do {
      if isTakenBack { try readAnew(with: nil) }
      if let label {
        try fill(&pool, with: labels)
        var random = SplitMix64(seed: UInt64(bitPattern: label.id) &* 0x1317_A7E5)
        try imitator.learn(label.id, from: pool, random: &random) { share, _ in
          try workspace.updateJob(job, progress: share, remaining: nil)
          if isStopping { throw CancellationError() }
          try serveWaitingLabelers()
        }
      }
      if imitator.learnt.count >= recipe.nextImitation(after: imitation?.learnt.count ?? 0) {
        try readAnew(with: imitator.imitation)
      }
      try workspace.endJob(job)
    } catch {
      // It holds half a demonstration: it starts again from what prompts are read with.
      self.imitator = nil
      try workspace.endJob(job, error: "\(error)")
      if error is CancellationError { throw error }
      failures.add(key)
      log.error("demonstrations could not be imitated: \(error)")
    }
  }

  /// Reads all prompts anew, and fits the reward model to what is read then.
  private func readAnew(with imitation: Imitation?) throws {
    try read(with: imitation)
    guard reward != nil else { return }
    let number = try workspace.reserveVersion()
    let pending = Set(try workspace.pendingLabels(.reward).map(\.id))
    let learnable = try workspace.labels(
      kinds: VersionKind.reward.learnsFrom, heldOut: .learnable
    ).filter { !pending.contains($0.id) }
    try pool.remove(workspace.retractedLabels().map(\.label.id))
    try fill(&pool, with: learnable)
    let demonstrations = try demonstrationsToFit()
    try publishReward(
      number, learner: try learnerOfReward(),
      probe: try fitProbe(learnable: Set(learnable.map(\.id)), demonstrations: demonstrations),
      result: UpdateResult(metrics: [:]), taught: [], demonstrations: demonstrations)
  }

  /// Reads what is asked for with another imitation from now on, and anew what was read before; the reward model's
  /// probe, fitted to that, is dropped.
  func read(with imitation: Imitation?) throws {
    guard imitation != nil || self.imitation != nil else { return }
    self.imitation = imitation
    reward?.probe = nil
    reader.use(imitation?.adapter)
    promptFeatures = [:]
    try pool.reread(by: reader)
    for index in standing.rollouts.indices { try standing.rollouts[index].reread(by: reader) }
  }
}
