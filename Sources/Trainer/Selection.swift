import Feedback
import Foundation

/// Which of the drawn completions go on a slate.
enum Selection {
  /// The mean over heads less their standard deviation: a score that a completion earns only when the
  /// whole ensemble agrees (Coste et al. 2024, uncertainty-weighted optimisation).
  static func lowerBound(_ scores: [Float]) -> Double {
    let mean = scores.reduce(0.0) { $0 + Double($1) } / Double(scores.count)
    let variance =
      scores.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(scores.count)
    return mean - variance.squareRoot()
  }

  /// Picks what a slate shows besides what it holds anyway: the best, and in the last place, if there is one
  /// more, the draw that is least like the others shown.
  ///
  /// - Parameters:
  ///   - values: one per text, higher is better; nil when nothing is known of them, and all are picked to be
  ///     unlike each other.
  ///   - features: one row per text.
  ///   - kept: texts that the slate already holds, and their features.
  ///   - parts: the features that count for likeness.
  static func best(
    _ count: Int, of texts: [String], values: [Double]?, features: [[Float]],
    besides kept: [(text: String, features: [Float])], parts: [Range<Int>]
  ) -> [Int] {
    var picked: [Int] = []
    if let values {
      picked = pick(
        min(count, max(1, count - 1)), of: texts, values: values, besides: kept.map(\.text))
    }
    let left = texts.indices.filter { !picked.contains($0) }
    picked += unlike(
      count - picked.count, of: left.map { features[$0] },
      besides: kept.map(\.features) + picked.map { features[$0] }, parts: parts
    ).map { left[$0] }
    return picked
  }

  /// Picks `count` of the texts: best first, each unlike those kept so far and unlike the texts that
  /// are on the slate anyway; when too few differ, the best of the rest fill up.
  ///
  /// - Parameters:
  ///   - values: one per text, higher is better; equal values keep their order.
  ///   - kept: texts that the slate already holds.
  static func pick(_ count: Int, of texts: [String], values: [Double], besides kept: [String])
    -> [Int]
  {
    let order = texts.indices.sorted { (values[$0], $1) > (values[$1], $0) }
    var picked: [Int] = []
    var words = kept.map(wordSet)
    for limit in [0.7, 0.999, 2] {
      for index in order where picked.count < count && !picked.contains(index) {
        let own = wordSet(texts[index])
        if words.allSatisfy({ similarity($0, own) < limit }) {
          picked.append(index)
          words.append(own)
        }
      }
    }
    return picked
  }

  /// Picks `count` rows, one after another, each the one that is farthest from the nearest of those picked so
  /// far and of those kept anyway.
  ///
  /// - Parameter parts: the features that count, each part as much as another; each feature is measured in
  ///   its deviation over all rows.
  static func unlike(
    _ count: Int, of rows: [[Float]], besides kept: [[Float]], parts: [Range<Int>]
  ) -> [Int] {
    let all = rows + kept
    var scaled = all.map { _ in [Float]() }
    for part in parts {
      for feature in part {
        let mean = all.reduce(0) { $0 + $1[feature] } / Float(all.count)
        let square = all.reduce(0) { $0 + ($1[feature] - mean) * ($1[feature] - mean) }
        guard square > 0 else { continue }
        let scale = 1 / (square / Float(all.count) * Float(part.count)).squareRoot()
        for index in all.indices { scaled[index].append(all[index][feature] * scale) }
      }
    }
    func distance(_ a: Int, _ b: Int) -> Float {
      zip(scaled[a], scaled[b]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    var taken = Array(rows.count..<all.count)
    var picked: [Int] = []
    while picked.count < min(count, rows.count) {
      let nearest = rows.indices.map { index in
        picked.contains(index) ? -1 : taken.map { distance(index, $0) }.min() ?? 0
      }
      let best = rows.indices.max { (nearest[$0], $1) < (nearest[$1], $0) }!
      picked.append(best)
      taken.append(best)
    }
    return picked
  }

  /// Jaccard similarity of two sets of words: 1 for equal sets.
  static func similarity(_ a: Set<String>, _ b: Set<String>) -> Double {
    if a.isEmpty && b.isEmpty { return 1 }
    return Double(a.intersection(b).count) / Double(a.union(b).count)
  }

  private static func wordSet(_ text: String) -> Set<String> {
    Set(text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
  }
}
