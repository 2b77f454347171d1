import Feedback
import TerminalUI

/// How well the reward model knows the labelers.
extension LearningView {
  func drawReward(x: Int, y: Int, width: Int, on surface: inout Surface) -> Int {
    surface.write("Reward model", x: x, y: y, style: Theme.heading)
    guard let accuracy = status.rewardAccuracy else {
      let text =
        status.rankings == 0
        ? "Rank some slates: from then on you see how often the reward model knew your choice "
          + "before it learnt it."
        : "No pair has been predicted before it was learnt yet: that begins with the first slate "
          + "a reward model has scored."
      return paragraph(text, x: x, y: y + 1, width: width, on: &surface)
    }
    let row = paragraphs(
      [knowledge(accuracy)] + [calibration, useCases].compactMap(\.self), x: x, y: y + 1,
      width: width, on: &surface)
    let series = status.accuracySeries
    guard series.count > 1 else { return row }
    let plot = LinePlot(
      values: series.map { $0 * 100 }, range: 0...100,
      ticks: [(100, "100"), (50, "50"), (0, "0")], ends: ("label 1", "\(series.count)"))
    plot.draw(
      in: Rect(x: x, y: row, width: width, height: 6), of: &surface, depth: model.colorDepth,
      style: Theme.accent)
    return row + 6
  }

  /// How often it was right, and what the rules that only look at length would have had right.
  private func knowledge(_ accuracy: Estimate) -> String {
    let text =
      "Knew \(percent(accuracy.value)) % of \(count(accuracy.count, "pair")) before learning them "
      + "(\(percent(accuracy.low))–\(percent(accuracy.high)))."
    guard let longer = status.longerWins, let shorter = status.shorterWins else { return text }
    let enough = max(longer.value, shorter.value) >= accuracy.value
    return text + " Always the longer: \(percent(longer.value)) %, the shorter: "
      + "\(percent(shorter.value)) %." + (enough ? " Length alone knows as much." : "")
  }

  /// Whether it is as often right as it is sure; nil while there are too few pairs.
  private var calibration: String? {
    guard let calibration = status.calibration, let bin = calibration.surest() else { return nil }
    return
      "When it was \(percent(bin.predicted)) % sure it was right \(percent(bin.right)) % of the "
      + "time (\(count(bin.pairs, "pair"))); on average it is \(percent(calibration.expectedError)) "
      + "points off."
  }

  /// What it knows by use case; nil while there is only one.
  private var useCases: String? {
    guard status.useCaseAccuracy.count > 1 else { return nil }
    let parts = status.useCaseAccuracy.map {
      "\($0.useCase.title) \(shareText($0.accuracy)) of \($0.accuracy.count)"
    }
    return "By use case: \(parts.joined(separator: ", "))."
  }
}
