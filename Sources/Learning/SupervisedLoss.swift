import LanguageModel

/// Cross-entropy on the tokens that are trained, averaged over all of them in the batch.
///
/// With log-probabilities p of N trained tokens: loss = −Σ p / N, so d loss / d p = −1 / N for each
/// (Ouyang et al. 2022, section 3.5; the mean runs over the batch, not over each record).
public enum SupervisedLoss {
  /// Appends a completion's row of `weight` · d loss / d log-probability: −weight / N where trained, 0
  /// elsewhere.
  ///
  /// - Parameter lossTokens: N, the trained tokens of the whole batch.
  public static func appendGradient(
    trained: [Bool], lossTokens: Int, weight: Double = 1, to rows: inout RaggedRows
  ) {
    let share = Float(-weight / Double(lossTokens))
    for isTrained in trained { rows.append(isTrained ? share : 0) }
    rows.endRow()
  }

  /// The loss of one completion of a batch: those of all its completions add up.
  public static func value(
    logprobs: ArraySlice<Float>, trained: [Bool], lossTokens: Int
  ) -> Double {
    var sum = 0.0
    for (logprob, isTrained) in zip(logprobs, trained) where isTrained { sum -= Double(logprob) }
    return sum / Double(lossTokens)
  }
}
