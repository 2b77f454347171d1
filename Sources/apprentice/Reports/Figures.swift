import Feedback
import Foundation

/// Figures as JSON objects, and as people read them.
enum Figures {
  /// A share counted over pairs.
  struct Accuracy: Encodable {
    var value: Double
    var low: Double
    var high: Double
    var pairs: Int

    init(_ estimate: Estimate) {
      (value, low, high) = (estimate.value, estimate.low, estimate.high)
      pairs = estimate.count
    }

    var text: String { "\(share(value, low, high)) of \(counted(pairs, "pair"))" }
  }

  /// A share counted over comparisons.
  struct Wins: Encodable {
    var value: Double
    var low: Double
    var high: Double
    var comparisons: Int

    init(_ estimate: Estimate) {
      (value, low, high) = (estimate.value, estimate.low, estimate.high)
      comparisons = estimate.count
    }

    var text: String { "\(share(value, low, high)) of \(counted(comparisons, "comparison"))" }
  }

  /// Pairs of a range of predicted probabilities.
  struct Reliability: Encodable {
    var low: Double
    var high: Double
    var pairs: Int
    var predicted: Double
    var right: Double

    init(_ bin: Calibration.Bin) {
      (low, high, pairs) = (bin.low, bin.high, bin.pairs)
      (predicted, right) = (bin.predicted, bin.right)
    }

    var text: String {
      "\(percent(predicted)) sure: right \(percent(right)) of \(counted(pairs, "pair"))"
    }
  }

  /// A run of policy versions, in log-odds against the base model.
  struct RatedRun: Encodable {
    /// `3-7`, or the number alone.
    var versions: String
    var rating: Double
    var low: Double
    var high: Double
    var comparisons: Int
    private let share: Wins

    enum CodingKeys: String, CodingKey {
      case versions, rating, low, high, comparisons
    }

    init(_ rating: Rating) {
      versions = Figures.versions(rating.versions)
      self.rating = rating.value
      (low, high, comparisons) = (rating.low, rating.high, rating.comparisons)
      share = Wins(rating.shareAgainstBase)
    }

    var text: String { "\(versions): \(share.text)" }
  }

  static func versions(_ range: ClosedRange<Int64>) -> String {
    range.lowerBound == range.upperBound
      ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
  }

  static func share(_ value: Double, _ low: Double, _ high: Double) -> String {
    "\(percent(value)) (\(percent(low)) to \(percent(high)))"
  }

  static func percent(_ value: Double) -> String {
    String(format: "%.1f %%", value * 100)
  }

  static func number(_ value: Double) -> String {
    String(format: "%.4g", value)
  }

  /// A number with its noun.
  static func counted(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
