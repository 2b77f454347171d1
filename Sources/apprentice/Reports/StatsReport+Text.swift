import Exchange
import Feedback

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
    lines += versions.map { "  \($0.text)" }
    return lines + rewardText + policyText
      + (selfAgreement.map { ["The same completions ranked again, in the same order: \($0.text)"] }
        ?? [])
  }

  private var rewardText: [String] {
    var lines = [
      "Reward model, right before learning: \(rewardAccuracy?.text ?? "nothing yet")"
    ]
    if let longerWins, let shorterWins {
      lines.append(
        "  on the same slates: the longer wins \(Figures.percent(longerWins.value)), "
          + "the shorter wins \(Figures.percent(shorterWins.value))")
    }
    for useCase in accuracyByUseCase.keys.sorted() {
      lines.append("  \(useCase): \(accuracyByUseCase[useCase]!.text)")
    }
    if let calibrationError {
      let points = Figures.number(calibrationError * 100)
      lines.append("Reward model, how sure it was, \(points) points off on average")
      lines += calibration.map { "  \($0.text)" }
    }
    return lines
  }

  private var policyText: [String] {
    var lines = ["Policy against the base: \(told(standing.all) ?? "nothing yet")"]
    if let today = standing.today, standing.ratings.count > 1 {
      let name = Figures.versions(today)
      lines += told(standing.todayAgainstBase).map { ["  versions \(name): \($0)"] } ?? []
    }
    lines +=
      told(standing.todayAgainstEarlier).map { ["  today's against earlier ones: \($0)"] } ?? []
    if !ratings.isEmpty {
      lines.append("Policy versions, the share won against the base by all comparisons together")
      lines += ratings.map { "  \($0.text)" }
    }
    return lines
  }

  /// A win rate, and how many more comparisons it would take; nil without one.
  private func told(_ rate: WinRate) -> String? {
    guard let wins = rate.estimate.map(Figures.Wins.init) else { return nil }
    switch rate.comparisonsToTell() {
    case 0?: return wins.text
    case let more?:
      return wins.text + ", not certain yet: at this rate \(more) more would tell"
    case nil: return wins.text + ", level as far as one can tell"
    }
  }
}
