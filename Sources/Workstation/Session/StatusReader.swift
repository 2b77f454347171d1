import Feedback
import Foundation
import Storage

/// Reads what the screens show of the workspace; only the watcher queue uses it.
///
/// Counts and jobs are read at every change; what is counted over all labels only when labels or
/// versions have changed, and not more often than once a second.
final class StatusReader: @unchecked Sendable {
  private let workspace: Workspace
  private let labeler: String
  private var status = WorkspaceStatus()
  private var basis: Basis?
  private var lastCount = ContinuousClock.now - .seconds(10)
  /// Whether the statistics are older than the labels.
  private(set) var isBehind = false

  /// What the statistics were counted over.
  private struct Basis: Equatable {
    var labels: [Label.Kind: Int]
    var versions: [Version]
    var finishedJobs: [Int64]
  }

  init(workspace: Workspace, labeler: String) {
    self.workspace = workspace
    self.labeler = labeler
  }

  func read() throws -> WorkspaceStatus {
    status.readySlates = try workspace.slateCount(.ready)
    let jobs = try workspace.recentJobs()
    status.job = jobs.last { $0.state == .running }.map(JobStatus.init)
    status.failures = Self.failures(jobs)
    let policies = try workspace.versions(.policy)
    let rewards = try workspace.versions(.reward)
    status.policyVersion = policies.first { $0.state == .current }?.id ?? 0
    let basis = Basis(
      labels: try workspace.labelCounts(), versions: policies + rewards,
      finishedJobs: jobs.filter { $0.state != .running }.map(\.id))
    isBehind = basis != self.basis
    if isBehind, ContinuousClock.now - lastCount > .seconds(1) {
      try count(policies: policies, rewards: rewards)
      self.basis = basis
      lastCount = .now
      isBehind = false
    }
    return status
  }

  private func count(policies: [Version], rewards: [Version]) throws {
    let statistics = try workspace.statistics()
    status.ownLabels = statistics.labelerCounts[labeler] ?? 0
    status.rankings = statistics.labelCounts[.ranking] ?? 0
    status.demonstrations = statistics.labelCounts[.demonstration] ?? 0
    status.skips = statistics.labelCounts[.skip] ?? 0
    status.labelsToLearn =
      Set(
        try workspace.pendingLabels(.policy).map(\.id)
          + workspace.pendingLabels(.reward).map(\.id)
      ).count
    let predicted = statistics.rewardAccuracy()
    status.rewardAccuracy = bootstrapAccuracy(predicted)
    status.longerWins = bootstrapAccuracy(statistics.longerWins())
    status.shorterWins = bootstrapAccuracy(statistics.shorterWins())
    status.accuracySeries = Self.running(predicted)
    status.useCaseAccuracy = Self.useCaseAccuracy(statistics)
    status.calibration = Calibration(
      margins: try workspace.predictedMargins(last: Self.calibratedRankings))
    status.standing = PolicyStanding(statistics.comparisons(), inUse: status.policyVersion)
    status.versions = try versionStatuses(policies + rewards)
    status.divergence = try divergence(policies)
    status.losses = try Self.lossMetrics.compactMap { name, title in
      let values = try workspace.series(name, last: Self.lossSteps).map(\.value)
      return values.isEmpty ? nil : LossCurve(title: title, values: values)
    }
  }

  /// Newest first, the base model last.
  private func versionStatuses(_ versions: [Version]) throws -> [VersionStatus] {
    guard !versions.isEmpty else { return [] }
    let retracted = try workspace.retractedCounts()
    let rejections = try workspace.rejections()
    return versions.sorted { $0.id > $1.id }.map { version in
      VersionStatus(
        id: version.id, kind: version.kind, parent: version.parent, state: version.state,
        learntCount: version.learntCount, retractedCount: retracted[version.id] ?? 0,
        isPinned: version.isPinned, rejection: rejections[version.id],
        metrics: version.metrics)
    } + [.base(isCurrent: status.policyVersion == 0)]
  }

  /// Against the setting `kl_budget`, a number of nats per token.
  private func divergence(_ policies: [Version]) throws -> Divergence? {
    guard let value = policies.first(where: { $0.state == .current })?.metrics["kl"],
      let budget = try workspace.setting("kl_budget").flatMap(Double.init), budget > 0,
      budget.isFinite
    else { return nil }
    return Divergence(value: value, budget: budget)
  }

  /// The use cases with most pairs.
  private static func useCaseAccuracy(_ statistics: Statistics) -> [UseCaseAccuracy] {
    UseCase.allCases.map { ($0, statistics.rewardAccuracy(of: $0)) }
      .sorted { pairs($0.1) > pairs($1.1) }.prefix(3)
      .compactMap { useCase, counts in
        bootstrapAccuracy(counts).map { UseCaseAccuracy(useCase: useCase, accuracy: $0) }
      }
  }

  private static func pairs(_ counts: [PairCount]) -> Int {
    counts.reduce(0) { $0 + $1.total }
  }

  /// Over how many of the latest rankings calibration is counted: the reward model changes all the
  /// time.
  private static let calibratedRankings = 1000

  /// The names under which the trainer records losses, and what people read.
  private static let lossMetrics = [
    ("loss.policy", "Policy: loss by step"), ("loss.reward", "Reward model: loss by step"),
  ]
  private static let lossSteps = 200

  /// The share of right pairs over the last twenty rankings, after each.
  static func running(_ slates: [PairCount]) -> [Double] {
    let slates = slates.filter { $0.total > 0 }
    return slates.indices.map { end in
      let window = slates[max(0, end - 19)...end]
      let total = window.reduce(0) { $0 + $1.total }
      return Double(window.reduce(0) { $0 + $1.correct }) / Double(total)
    }
  }

  /// The sentences of jobs whose last try failed, the newest of each kind.
  private static func failures(_ jobs: [Job]) -> [String] {
    var seen = Set<String>()
    return jobs.compactMap { job in
      guard seen.insert(job.kind).inserted, job.state == .failed, job.attempt >= 3 else {
        return nil
      }
      return sentence("\(job.detail) was set aside: \(job.error ?? "no reason was given")")
    }
  }
}

extension JobStatus {
  init(_ job: Job) {
    self.init(title: job.detail, progress: job.progress, remaining: job.remaining)
  }
}
