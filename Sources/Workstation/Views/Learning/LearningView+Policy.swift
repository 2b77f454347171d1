import Feedback
import TerminalUI

/// How the policies do in blind rankings, and how far they have gone from the base.
extension LearningView {
  func drawPolicy(x: Int, y: Int, width: Int, on surface: inout Surface) -> Int {
    let standing = status.standing
    guard standing.all.estimate != nil || !standing.ratings.isEmpty else {
      surface.write("Policy", x: x, y: y, style: Theme.heading)
      let text =
        status.policyVersion == 0
        ? "The base model answers so far. Rankings and demonstrations make the first policy."
        : "No ranking has compared a policy with the base model yet. One hidden card of most slates "
          + "does that."
      let row = paragraph(text, x: x, y: y + 1, width: width, on: &surface)
      return drawDivergence(x: x, y: row, width: width, on: &surface)
    }
    surface.write(
      truncated("The policy against the base, blind", to: width), x: x, y: y,
      style: Theme.heading)
    var row = paragraphs(sentences(standing), x: x, y: y + 1, width: width, on: &surface)
    row = drawRatings(standing.ratings, x: x, y: row, width: width, on: &surface)
    return drawDivergence(x: x, y: row, width: width, on: &surface)
  }

  /// Today's policy first, then all, then against earlier versions.
  private func sentences(_ standing: PolicyStanding) -> [String] {
    var sentences: [String] = []
    let today = standing.today.map(policyName) ?? ""
    func tell(_ start: String, _ rate: WinRate, than other: String) {
      guard let estimate = rate.estimate else { return }
      let ties = rate.ties > 0 ? ", tied \(rate.ties)" : ""
      sentences.append(
        sentenceStart(
          "\(start)won \(rate.wins), lost \(rate.losses)\(ties): \(shareText(estimate)). ")
          + certainty(rate, than: other))
    }
    if standing.ratings.count > 1 {
      tell("\(today) ", standing.todayAgainstBase, than: "the base model")
      tell("all policies ", standing.all, than: "the base model")
    } else {
      tell("", standing.all, than: "the base model")
    }
    tell("\(today), against earlier ones, ", standing.todayAgainstEarlier, than: "earlier versions")
    return sentences
  }

  /// What the interval says in words.
  private func certainty(_ rate: WinRate, than other: String) -> String {
    switch rate.comparisonsToTell() {
    case 0?: (rate.estimate?.low ?? 0) > 0.5 ? "Better than \(other)." : "Worse than \(other)."
    case let more?: "Not certain yet; at this rate about \(more) more would tell."
    case nil: "Level, as far as one can tell."
    }
  }

  /// A row for each run of versions: the share it would win against the base, with its interval.
  private func drawRatings(
    _ ratings: [Rating], x: Int, y: Int, width: Int, on surface: inout Surface
  ) -> Int {
    guard !ratings.isEmpty else { return y }
    let names = ratings.map { policyName($0.versions) }
    let margin = (names.map(\.count).max() ?? 0) + 1
    let scale = width - margin - 1
    var row = y
    for (name, rating) in zip(names, ratings) {
      surface.write(name, x: x, y: row, style: Theme.quiet)
      drawInterval(
        rating.shareAgainstBase, x: x + margin, y: row, width: scale, on: &surface)
      row += 1
    }
    surface.write("0 %", x: x + margin, y: row, style: Theme.quiet)
    surface.write("50 %", x: x + margin + scale / 2 - 1, y: row, style: Theme.quiet)
    surface.write("100 %", x: x + margin + scale - 5, y: row, style: Theme.quiet)
    surface.write(
      truncated("against the base, by all comparisons", to: width), x: x, y: row + 1,
      style: Theme.quiet)
    return row + 2
  }

  private func drawInterval(
    _ estimate: Estimate, x: Int, y: Int, width: Int, on surface: inout Surface
  ) {
    func column(_ share: Double) -> Int { x + Int((share * Double(width - 1)).rounded()) }
    surface.write("┊", x: column(0.5), y: y, style: Theme.rule)
    for position in column(estimate.low)...column(estimate.high) {
      surface.write("─", x: position, y: y)
    }
    surface.write("●", x: column(estimate.value), y: y, style: Theme.accent)
  }

  /// How much of the divergence that is allowed the policy in use has spent.
  private func drawDivergence(x: Int, y: Int, width: Int, on surface: inout Surface) -> Int {
    guard let divergence = status.divergence else { return y }
    let text = " \(decimal(divergence.value)) of \(decimal(divergence.budget)) nats a token"
    let bar = ProgressBar.text(
      divergence.value / divergence.budget, width: max(4, min(24, width - text.count - 3)))
    let isOver = divergence.value > divergence.budget
    surface.write(
      "KL \(bar)\(text)", x: x, y: y, style: isOver ? Theme.failure : .plain, limit: width)
    return y + 1
  }
}

/// A run of policy versions in words, such as `policies 3–9`.
func policyName(_ versions: ClosedRange<Int64>) -> String {
  versions.lowerBound == versions.upperBound
    ? policyName(versions.lowerBound) : "policies \(versions.lowerBound)–\(versions.upperBound)"
}
