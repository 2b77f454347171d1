import TerminalUI

/// The versions there are, and what is known of the chosen one.
extension LearningView {
  func drawVersions(x: Int, y: Int, width: Int, on surface: inout Surface) -> Int {
    surface.write("Versions", x: x, y: y, style: Theme.heading)
    let versions = status.versions
    if versions.isEmpty {
      return paragraph("None yet.", x: x, y: y + 1, width: width, on: &surface)
    }
    let shown = self.shown(of: versions.count)
    var row = y + 1
    for version in versions[shown] {
      drawRow(version, x: x, y: row, width: width, on: &surface)
      row += 1
    }
    let others = [(shown.lowerBound, "newer"), (versions.count - shown.upperBound, "older")]
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    if !others.isEmpty {
      surface.write(
        "  and " + others.joined(separator: ", "), x: x, y: row, style: Theme.quiet)
      row += 1
    }
    return row
  }

  /// The part of the list that is shown: so short that what is said of the chosen version has room
  /// below it, with that version in its middle.
  private func shown(of count: Int) -> Range<Int> {
    let rows = min(count, min(8, max(4, model.size.height - 19)))
    let chosen = status.versions.firstIndex { $0.id == model.chosenVersion } ?? 0
    let first = min(max(0, chosen - rows / 2), count - rows)
    return first..<first + rows
  }

  private func drawRow(
    _ version: VersionStatus, x: Int, y: Int, width: Int, on surface: inout Surface
  ) {
    let isCurrent = version.state == .current
    let isChosen = version.id == model.chosenVersion
    let withoutLabels =
      version.kind == .reward
      ? "fitted anew" : version.pairsOfRefit == nil ? "practice" : "made anew"
    let learnt =
      version.isBase
      ? ""
      : "  " + (version.learntCount == 0 ? withoutLabels : count(version.learntCount, "label"))
    let name = version.isBase ? "base model" : version.name
    let state = version.stateText
    surface.write(isCurrent ? "▸" : " ", x: x, y: y, style: Theme.accent)
    surface.write(
      truncated(name + learnt, to: width - state.count - 4), x: x + 2, y: y,
      style: isCurrent ? .bold : .plain)
    surface.write(state, x: x + width - state.count, y: y, style: Theme.quiet)
    guard isChosen else { return }
    surface.write("▌", x: x - 1, y: y, style: Theme.accent)
    surface.restyle(Rect(x: x, y: y, width: width, height: 1)) { $0.adding(.reverse) }
  }

  /// Says what is known of a version: where it comes from, why it is not used, what was measured.
  func drawVersion(
    _ version: VersionStatus, x: Int, y: Int, width: Int, on surface: inout Surface
  ) -> Int {
    surface.write(sentenceStart(version.name), x: x, y: y, style: Theme.heading)
    let row = paragraphs(facts(version), x: x, y: y + 1, width: width, on: &surface)
    return drawMetrics(of: version, x: x, y: row, width: width, on: &surface)
  }

  private func facts(_ version: VersionStatus) -> [String] {
    if version.isBase { return ["What every policy begins with."] }
    let parent = status.versions.first { $0.id == version.parent }?.name ?? "the base model"
    let withoutLabels =
      version.kind == .reward
      ? "Fitted anew after \(parent): it reads prompts with other demonstrations."
      : version.pairsOfRefit.map {
        "Made anew in place of \(parent), from \(count($0, "pair")) of answers that the reward model "
          + "finds plainly apart."
      } ?? "Practised from \(parent), on earlier labels and its own draws."
    var facts = [
      version.learntCount == 0
        ? withoutLabels
        : "Trained from \(parent) on \(count(version.learntCount, "new label"))."
    ]
    if let kept = version.metrics["refit.kept"], kept != 1 {
      facts.append(
        kept < 1
          ? "That came too near to the gate's limits, so \(percent(kept)) % of the way was kept."
          : "That was far from the gate's limits, so what it changes was made \(percent(kept - 1)) % stronger."
      )
    }
    if let halvings = version.metrics["halvings"], halvings > 0 {
      facts.append(
        "That went too far, so \(halvings > 1 ? "a quarter" : "half") of the way was kept.")
    }
    if version.state == .rejected {
      facts.append(sentence("not better: \(version.rejection ?? "no reason was kept")"))
    }
    if version.retractedCount > 0 {
      let labels = count(version.retractedCount, "label")
      facts.append("It has learnt \(labels) taken back since, itself or through its parents.")
    }
    if version.state == .pruned { facts.append("Its files are gone, so it cannot be used.") }
    return facts
  }

  /// What was measured on a version, with its parent's beside it.
  private func drawMetrics(
    of version: VersionStatus, x: Int, y: Int, width: Int, on surface: inout Surface
  ) -> Int {
    let measures = Measure.all.filter { version.metrics[$0.metric] != nil }
    guard !measures.isEmpty else { return y }
    let parent = status.versions.first { $0.id == version.parent && !$0.metrics.isEmpty }
    let columns = [version, parent].compactMap(\.self)
    let titleWidth = (measures.map { TextWidth.columns($0.title) }.max() ?? 0)
    var right = x + titleWidth
    for column in columns {
      right += max(column.name.count, 8) + 2
      surface.write(column.name, x: right - column.name.count, y: y, style: Theme.quiet)
      for (index, measure) in measures.enumerated() {
        guard let value = column.metrics[measure.metric] else { continue }
        let text = measure.text(value)
        surface.write(text, x: right - text.count, y: y + 1 + index)
      }
    }
    for (index, measure) in measures.enumerated() {
      surface.write(measure.title, x: x, y: y + 1 + index, style: Theme.quiet)
    }
    return y + 1 + measures.count
  }
}

/// A metric of a version, as people read it.
private struct Measure: Sendable {
  /// The name under which the trainer records it.
  var metric: String
  var title: String
  var text: @Sendable (Double) -> String

  static let all = [
    Measure(
      metric: "heldout.likelihood", title: "log-probability a token of held-out demonstrations",
      text: decimal),
    Measure(
      metric: "heldout.accuracy", title: "held-out pairs that its implicit reward has right",
      text: { "\(percent($0)) %" }),
    Measure(metric: "words", title: "words in a draw, on average", text: decimal),
    Measure(metric: "repetition", title: "repetition in its draws", text: decimal),
    Measure(
      metric: "kl", title: "nats a token from the base, on its own draws", text: decimal),
    Measure(
      metric: "fluency", title: "nats a token its draws are less likely to the base",
      text: decimal),
  ]
}
