import Foundation

/// How strong a run of consecutive policy versions is, in log-odds of winning against the base model.
public struct Rating: Sendable, Hashable {
  /// The first and the last version of the run.
  public var versions: ClosedRange<Int64>
  /// 0 is level with the base model.
  public var value: Double
  /// The 95 % interval.
  public var low: Double
  public var high: Double
  /// Comparisons of its versions with the base model and with other runs.
  public var comparisons: Int

  public init(
    versions: ClosedRange<Int64>, value: Double, low: Double, high: Double, comparisons: Int
  ) {
    self.versions = versions
    self.value = value
    self.low = low
    self.high = high
    self.comparisons = comparisons
  }

  /// The share of comparisons that it would win against the base model.
  public var shareAgainstBase: Estimate {
    func share(_ logOdds: Double) -> Double { 1 / (1 + exp(-logOdds)) }
    return Estimate(value: share(value), low: share(low), high: share(high), count: comparisons)
  }
}

/// Rates runs of versions against the base model and each other, oldest run first (``BradleyTerry``).
///
/// - Parameters:
///   - most: at most so many runs.
///   - least: a run is long enough when its versions stand in so many comparisons.
public func ratings(
  of comparisons: [BlindComparison], most: Int = 5, least: Int = 10
) -> [Rating] {
  let runs = versionRuns(of: comparisons, most: most, least: least)
  func player(_ version: Int64) -> Int {
    version == 0 ? 0 : runs.firstIndex { $0.contains(version) }! + 1
  }
  var wins = Array(
    repeating: Array(repeating: 0.0, count: runs.count + 1), count: runs.count + 1)
  for comparison in comparisons {
    let (policy, reference) = (player(comparison.policy), player(comparison.reference))
    wins[policy][reference] += Double(1 + comparison.outcome) / 2
    wins[reference][policy] += Double(1 - comparison.outcome) / 2
  }
  // Versions of one run say nothing about its strength.
  for player in wins.indices { wins[player][player] = 0 }
  let fit = BradleyTerry(wins: wins)
  return runs.enumerated().compactMap { index, versions in
    let player = index + 1
    let games = wins.indices.reduce(0) { $0 + wins[player][$1] + wins[$1][player] }
    guard games > 0 else { return nil }
    let half = normalQuantile * fit.standardErrors[player]
    let value = fit.strengths[player]
    return Rating(
      versions: versions, value: value, low: value - half, high: value + half,
      comparisons: Int(games.rounded()))
  }
}

/// Consecutive versions in runs that stand in enough comparisons, made from the newest on, so that the
/// newest run is as young as it can be; what is left joins the oldest.
func versionRuns(
  of comparisons: [BlindComparison], most: Int, least: Int
) -> [ClosedRange<Int64>] {
  var counts: [Int64: Int] = [:]
  for comparison in comparisons {
    for version in [comparison.policy, comparison.reference] where version != 0 {
      counts[version, default: 0] += 1
    }
  }
  let total = counts.values.reduce(0, +)
  let enough = max(least, (total + most - 1) / most)
  var runs: [ClosedRange<Int64>] = []
  var open: ClosedRange<Int64>?
  var count = 0
  for version in counts.keys.sorted(by: >) {
    open = version...(open?.upperBound ?? version)
    count += counts[version]!
    guard count >= enough, let run = open else { continue }
    runs.append(run)
    (open, count) = (nil, 0)
  }
  if let open {
    if count >= least || runs.isEmpty {
      runs.append(open)
    } else {
      runs[runs.count - 1] = open.lowerBound...runs[runs.count - 1].upperBound
    }
  }
  return runs.reversed()
}
