/// Cross-entropy on the tokens that are trained, averaged over all of them in the batch.
///
/// With log-probabilities p of N trained tokens: loss = −Σ p / N, so d loss / d p = −1 / N for each
/// (Ouyang et al. 2022, section 3.5; the mean runs over the batch, not over each record).
public enum SupervisedLoss {
  /// d loss / d log-probability for each completion token, laid out like the examples: −1 / N where
  /// trained, 0 elsewhere.
  ///
  /// - Parameter lossTokens: N, the trained tokens of the whole batch.
  public static func gradient(trained: [[Bool]], lossTokens: Int) -> [[Float]] {
    let share = -1 / Float(lossTokens)
    return trained.map { $0.map { $0 ? share : 0 } }
  }

  /// The loss of the given part of a batch: parts of one batch add up.
  public static func value(logprobs: [[Float]], trained: [[Bool]], lossTokens: Int) -> Double {
    var sum = 0.0
    for (row, mask) in zip(logprobs, trained) {
      for (logprob, isTrained) in zip(row, mask) where isTrained { sum -= Double(logprob) }
    }
    return sum / Double(lossTokens)
  }
}
