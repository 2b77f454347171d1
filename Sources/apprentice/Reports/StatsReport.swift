import Feedback
import Foundation
import Storage

/// The figures of `stats`.
struct StatsReport: Encodable {
  struct VersionLine: Encodable {
    var id: String
    var kind: String
    var state: String
    var parent: String?
    /// How many labels it learnt beyond its parent's.
    var labels: Int
    var created: Double
    var metrics: [String: Double]
  }

  struct Accuracy: Encodable {
    var value: Double
    var low: Double
    var high: Double
    var pairs: Int
  }

  struct Wins: Encodable {
    var value: Double
    var low: Double
    var high: Double
    var comparisons: Int
  }

  var labels: [String: Int]
  var labelers: [String: Int]
  var versions: [VersionLine]
  var rewardAccuracy: Accuracy?
  /// The baselines on the same slates.
  var longerWins: Accuracy?
  var shorterWins: Accuracy?
  var winRate: Wins?

  init(_ workspace: Workspace) throws {
    let statistics = try workspace.statistics()
    labels = Dictionary(
      uniqueKeysWithValues: Label.Kind.allCases.map {
        ($0.rawValue, statistics.labelCounts[$0] ?? 0)
      })
    labelers = statistics.labelerCounts
    versions = try (workspace.versions(.policy) + workspace.versions(.reward))
      .sorted { $0.id < $1.id }.map(VersionLine.init)
    rewardAccuracy = bootstrapAccuracy(statistics.rewardAccuracy()).map(Accuracy.init)
    longerWins = bootstrapAccuracy(statistics.longerWins()).map(Accuracy.init)
    shorterWins = bootstrapAccuracy(statistics.shorterWins()).map(Accuracy.init)
    winRate = WinRate(statistics.comparisons(with: 0)).estimate.map(Wins.init)
  }

  enum CodingKeys: String, CodingKey {
    case labels, labelers, versions
    case rewardAccuracy = "reward_accuracy"
    case longerWins = "longer_wins"
    case shorterWins = "shorter_wins"
    case winRate = "win_rate"
  }

  /// What is not known yet is null.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(labels, forKey: .labels)
    try container.encode(labelers, forKey: .labelers)
    try container.encode(versions, forKey: .versions)
    try container.encode(rewardAccuracy, forKey: .rewardAccuracy)
    try container.encode(longerWins, forKey: .longerWins)
    try container.encode(shorterWins, forKey: .shorterWins)
    try container.encode(winRate, forKey: .winRate)
  }
}

extension StatsReport.VersionLine {
  init(_ version: Version) {
    id = String(version.id)
    kind = version.kind.rawValue
    state = version.state.rawValue
    parent = version.parent.map { String($0) }
    labels = version.learntCount
    created = version.created
    metrics = version.metrics.filter(\.value.isFinite)
  }
}

extension StatsReport.Accuracy {
  init(_ estimate: Estimate) {
    (value, low, high) = (estimate.value, estimate.low, estimate.high)
    pairs = estimate.count
  }
}

extension StatsReport.Wins {
  init(_ estimate: Estimate) {
    (value, low, high) = (estimate.value, estimate.low, estimate.high)
    comparisons = estimate.count
  }
}
