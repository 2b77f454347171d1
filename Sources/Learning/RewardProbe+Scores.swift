/// What a reward probe says of completions.
extension RewardProbe {
  /// Each head's score of a completion with these features.
  public func scores(of features: [Float]) -> [Float] {
    let row = layout.expanded(Self.normalized(features, mean: mean, scale: scale))
    return heads.map { dot($0, row[...]) - center }
  }

  /// The mean of the heads' scores.
  public func score(of features: [Float]) -> Double {
    scores(of: features).reduce(0.0) { $0 + Double($1) } / Double(heads.count)
  }

  /// The same with scores whose mean over some completions is 0, so that it is known what a score is worth (Ouyang et
  /// al. 2022 take demonstrations); their differences stay. Without any it stays as it is.
  public func centered(on rows: [[Float]]) -> RewardProbe {
    var copy = self
    if !rows.isEmpty {
      copy.center += Float(rows.reduce(0) { $0 + score(of: $1) } / Double(rows.count))
    }
    return copy
  }

  /// The same with all scores, and so all differences of scores, times a factor.
  public func stretched(by factor: Double) -> RewardProbe {
    var copy = self
    copy.center *= Float(factor)
    copy.heads = heads.map { $0.map { $0 * Float(factor) } }
    return copy
  }

  static func normalized(
    _ features: [Float], mean: [Float], scale: [Float]
  ) -> [Float] {
    features.indices.map { (features[$0] - mean[$0]) * scale[$0] }
  }

  /// How much the heads disagree about which of two completions is better: the deviation over heads of
  /// the difference of their scores, averaged over pairs.
  ///
  /// - Parameter scores: one row per completion, one score per head.
  public static func disagreement(_ scores: [[Float]]) -> Double {
    meanOverPairs(scores.count) { a, b in
      PolicyGradient.deviation(zip(scores[a], scores[b]).map { Double($0 - $1) })
    }
  }
}

/// The mean of a value over all pairs of so many things; 0 when there is no pair.
private func meanOverPairs(_ count: Int, _ value: (Int, Int) -> Double) -> Double {
  guard count > 1 else { return 0 }
  var sum = 0.0
  for a in 0..<count {
    for b in 0..<a { sum += value(a, b) }
  }
  return sum / Double(count * (count - 1) / 2)
}
