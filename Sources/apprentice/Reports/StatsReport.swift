import Feedback
import Storage

/// The figures of `stats`.
struct StatsReport: Encodable {
  var labels: [String: Int]
  var labelers: [String: Int]
  var versions: [VersionLine]
  var rewardAccuracy: Figures.Accuracy?
  /// The baselines on the same slates.
  var longerWins: Figures.Accuracy?
  var shorterWins: Figures.Accuracy?
  var accuracyByUseCase: [String: Figures.Accuracy]
  var calibration: [Figures.Reliability]
  var calibrationError: Double?
  var winRate: Figures.Wins?
  var ratings: [Figures.RatedRun]
  var selfAgreement: Figures.Accuracy?
  /// What only the text tells.
  let standing: PolicyStanding

  init(_ workspace: Workspace) throws {
    let statistics = try workspace.statistics()
    labels = Dictionary(
      uniqueKeysWithValues: Label.Kind.allCases.map {
        ($0.rawValue, statistics.labelCounts[$0] ?? 0)
      })
    labelers = statistics.labelerCounts
    versions = try VersionLine.all(in: workspace)
    rewardAccuracy = bootstrapAccuracy(statistics.rewardAccuracy()).map(Figures.Accuracy.init)
    longerWins = bootstrapAccuracy(statistics.longerWins()).map(Figures.Accuracy.init)
    shorterWins = bootstrapAccuracy(statistics.shorterWins()).map(Figures.Accuracy.init)
    accuracyByUseCase = Dictionary(
      uniqueKeysWithValues: UseCase.allCases.compactMap { useCase in
        bootstrapAccuracy(statistics.rewardAccuracy(of: useCase)).map {
          (useCase.rawValue, Figures.Accuracy($0))
        }
      })
    let calibration = Calibration(margins: try workspace.predictedMargins())
    self.calibration = calibration?.bins.map(Figures.Reliability.init) ?? []
    calibrationError = calibration?.expectedError
    standing = PolicyStanding(
      statistics.comparisons(), inUse: try workspace.currentVersion(.policy)?.id ?? 0)
    winRate = standing.all.estimate.map(Figures.Wins.init)
    ratings = standing.ratings.map(Figures.RatedRun.init)
    selfAgreement = bootstrapAccuracy(try workspace.repeatedRankings().map(\.agreement))
      .map(Figures.Accuracy.init)
  }

  enum CodingKeys: String, CodingKey {
    case labels, labelers, versions, calibration, ratings
    case rewardAccuracy = "reward_accuracy"
    case longerWins = "longer_wins"
    case shorterWins = "shorter_wins"
    case accuracyByUseCase = "accuracy_by_use_case"
    case calibrationError = "calibration_error"
    case winRate = "win_rate"
    case selfAgreement = "self_agreement"
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
    try container.encode(accuracyByUseCase, forKey: .accuracyByUseCase)
    try container.encode(calibration, forKey: .calibration)
    try container.encode(calibrationError, forKey: .calibrationError)
    try container.encode(winRate, forKey: .winRate)
    try container.encode(ratings, forKey: .ratings)
    try container.encode(selfAgreement, forKey: .selfAgreement)
  }
}
