import Exchange
import Foundation

extension StatsReport {
  /// The figures as lines that people read.
  var text: [String] {
    var lines = ["Labels"]
    for kind in labels.keys.sorted() { lines.append("  \(kind): \(labels[kind]!)") }
    if !labelers.isEmpty {
      lines.append("Labelers")
      for name in labelers.keys.sorted() {
        lines.append("  \(printable(name)): \(labelers[name]!)")
      }
    }
    lines.append("Versions")
    if versions.isEmpty { lines.append("  none yet: the base model answers") }
    for version in versions {
      let parent = version.parent.map { " after \($0)" } ?? ""
      let labels = version.labels == 1 ? "1 new label" : "\(version.labels) new labels"
      lines.append("  \(version.kind) \(version.id)\(parent): \(version.state), \(labels)")
    }
    lines.append(
      "Reward model, right before learning: "
        + (rewardAccuracy.map {
          Self.share($0.value, $0.low, $0.high) + " of \($0.pairs) pairs"
        } ?? "nothing yet"))
    if let longerWins, let shorterWins {
      lines.append(
        "  on the same slates: the longer wins \(Self.percent(longerWins.value)), "
          + "the shorter wins \(Self.percent(shorterWins.value))")
    }
    lines.append(
      "Policy against the base or an earlier version: "
        + (winRate.map {
          Self.share($0.value, $0.low, $0.high) + " of \($0.comparisons) comparisons"
        } ?? "nothing yet"))
    return lines
  }

  private static func share(_ value: Double, _ low: Double, _ high: Double) -> String {
    "\(percent(value)) (\(percent(low)) to \(percent(high)))"
  }

  private static func percent(_ value: Double) -> String {
    String(format: "%.1f %%", value * 100)
  }
}
