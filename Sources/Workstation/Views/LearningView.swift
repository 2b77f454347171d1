import Feedback
import TerminalUI

/// The learning screen: sentences first, then the pictures.
struct LearningView {
  let model: WorkstationModel

  private var status: WorkspaceStatus { model.status }

  func content() -> Surface {
    let width = model.size.width
    let column = (width - 4) / 2
    var surface = Surface(size: Size(width: width, height: 200))
    let right = column + 3
    var left = drawReward(x: 1, y: 0, width: column, on: &surface)
    var other = drawPolicy(x: right, y: 0, width: column, on: &surface)
    let second = max(left, other) + 1
    left = drawVersions(x: 1, y: second, width: column, on: &surface)
    other = drawNow(x: right, y: second, width: column, on: &surface)
    let height = drawLosses(y: max(left, other) + 1, width: width, on: &surface)
    var content = Surface(size: Size(width: width, height: height))
    content.draw(surface, rows: 0..<height, at: Point(x: 0, y: 0))
    return content
  }

  // MARK: The reward model

  private func drawReward(x: Int, y: Int, width: Int, on surface: inout Surface) -> Int {
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
    var row = paragraph(
      "Knew \(percent(accuracy.value)) % of \(count(accuracy.count, "pair")) before learning them "
        + "(\(percent(accuracy.low))–\(percent(accuracy.high)))."
        + rivals(of: accuracy),
      x: x, y: y + 1, width: width, on: &surface)
    let series = status.accuracySeries
    if series.count > 1 {
      let plot = LinePlot(
        values: series.map { $0 * 100 }, range: 0...100,
        ticks: [(100, "100"), (50, "50"), (0, "0")],
        ends: ("label 1", "\(series.count)"))
      plot.draw(
        in: Rect(x: x, y: row, width: width, height: 6), of: &surface, depth: model.colorDepth,
        style: Theme.accent)
      row += 6
    }
    return row
  }

  /// What the rules that only look at length would have had right, and whether that is no less.
  private func rivals(of accuracy: Estimate) -> String {
    guard let longer = status.longerWins, let shorter = status.shorterWins else { return "" }
    let enough = max(longer.value, shorter.value) >= accuracy.value
    return " Always the longer: \(percent(longer.value)) %, the shorter: "
      + "\(percent(shorter.value)) %." + (enough ? " Length alone knows as much." : "")
  }

  // MARK: The policy

  private func drawPolicy(x: Int, y: Int, width: Int, on surface: inout Surface) -> Int {
    guard let rate = status.winRate else {
      surface.write("Policy", x: x, y: y, style: Theme.heading)
      let text =
        status.policyVersion == 0
        ? "The base model answers so far. Rankings and demonstrations make the first policy."
        : "No ranking has compared a policy with the base model yet. One hidden card of most slates "
          + "does that."
      return paragraph(text, x: x, y: y + 1, width: width, on: &surface)
    }
    surface.write(
      truncated("The policy against the base, blind", to: width), x: x, y: y,
      style: Theme.heading)
    var row = paragraph(
      "Won \(rate.wins), lost \(rate.losses), tied \(rate.ties): "
        + "\(shareText(rate.estimate)). \(certainty(rate))",
      x: x, y: y + 1, width: width, on: &surface)
    let shown = status.winRateHistory.isEmpty ? [rate] : status.winRateHistory
    let names = shown.map(\.name)
    let margin = (names.map(\.count).max() ?? 0) + 1
    let scale = width - margin - 1
    for (name, rate) in zip(names, shown) {
      surface.write(name, x: x, y: row, style: Theme.quiet)
      drawInterval(rate.estimate, x: x + margin, y: row, width: scale, on: &surface)
      row += 1
    }
    surface.write("0 %", x: x + margin, y: row, style: Theme.quiet)
    surface.write("50 %", x: x + margin + scale / 2 - 1, y: row, style: Theme.quiet)
    surface.write("100 %", x: x + margin + scale - 5, y: row, style: Theme.quiet)
    return row + 1
  }

  /// What the interval says in words.
  private func certainty(_ rate: WinRateStatus) -> String {
    if rate.estimate.low > 0.5 { return "Better than the base model." }
    if rate.estimate.high < 0.5 { return "Worse than the base model." }
    let share = rate.estimate.value
    let more = (1...500).first { more in
      let total = rate.estimate.count + more
      guard let later = wilsonInterval(wins: share * Double(total), of: total) else { return false }
      return later.low > 0.5 || later.high < 0.5
    }
    return more.map { "Not certain yet; at this rate about \($0) more would tell." }
      ?? "Level, as far as one can tell."
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

  // MARK: Versions, and what runs

  private func drawVersions(x: Int, y: Int, width: Int, on surface: inout Surface) -> Int {
    surface.write("Versions", x: x, y: y, style: Theme.heading)
    if status.versions.isEmpty {
      return paragraph("None yet.", x: x, y: y + 1, width: width, on: &surface)
    }
    var row = y + 1
    for version in status.versions.prefix(8) {
      let mark = version.isCurrent ? "▸" : " "
      let state = version.state
      surface.write(mark, x: x, y: row, style: Theme.accent)
      let text = truncated("\(version.name)  \(version.learnt)", to: width - state.count - 4)
      surface.write(text, x: x + 2, y: row, style: version.isCurrent ? .bold : .plain)
      surface.write(state, x: x + width - state.count, y: row, style: Theme.quiet)
      row += 1
    }
    if status.versions.count > 8 {
      surface.write("  and \(status.versions.count - 8) older", x: x, y: row, style: Theme.quiet)
      row += 1
    }
    return row
  }

  private func drawNow(x: Int, y: Int, width: Int, on surface: inout Surface) -> Int {
    surface.write("Now", x: x, y: y, style: Theme.heading)
    var row = y + 1
    if let job = status.job {
      row = paragraph(job.title, x: x, y: row, width: width, on: &surface)
      if let progress = job.progress {
        let left = job.remaining.map { ", about \(duration($0))" } ?? ""
        let text = "\(percent(progress)) %\(left)"
        let bar = ProgressBar.text(progress, width: max(6, min(24, width - text.count - 1)))
        surface.write("\(bar) \(text)", x: x, y: row, limit: width)
        row += 1
      }
    } else {
      row = paragraph("The trainer is idle.", x: x, y: row, width: width, on: &surface)
    }
    let facts =
      "\(count(status.readySlates, "slate")) ready, \(count(status.labelsToLearn, "label")) to learn."
    row = paragraph(facts, x: x, y: row, width: width, on: &surface)
    let labels = [
      (status.rankings, "ranking"), (status.demonstrations, "demonstration"),
      (status.skips, "skip"),
    ].filter { $0.0 > 0 }.map { count($0.0, $0.1) }
    if !labels.isEmpty {
      row = paragraph(
        "By everyone: \(labels.joined(separator: ", ")).", x: x, y: row, width: width, on: &surface)
    }
    for failure in status.failures.prefix(3) {
      row = paragraph(failure, x: x, y: row, width: width, style: Theme.failure, on: &surface)
    }
    return row
  }

  // MARK: Losses

  private func drawLosses(y: Int, width: Int, on surface: inout Surface) -> Int {
    let curves = status.losses.filter { $0.values.count > 1 }.prefix(3)
    guard !curves.isEmpty else { return y }
    let room = (width - 2) / curves.count
    for (index, curve) in curves.enumerated() {
      let x = 1 + index * room
      let low = curve.values.min() ?? 0
      let high = max(curve.values.max() ?? 1, low + 1e-6)
      surface.write(
        truncated(curve.title, to: room - 2), x: x, y: y, style: Theme.heading)
      let plot = LinePlot(
        values: curve.values, range: low...high,
        ticks: [(high, decimal(high)), (low, decimal(low))],
        ends: ("\(curve.values.count) steps ago", "now"))
      plot.draw(
        in: Rect(x: x, y: y + 1, width: room - 2, height: 6), of: &surface,
        depth: model.colorDepth, style: Theme.accent)
    }
    return y + 7
  }

  /// Writes wrapped text; returns the row after it.
  private func paragraph(
    _ text: String, x: Int, y: Int, width: Int, style: Style = .plain, on surface: inout Surface
  ) -> Int {
    let lines = WrappedText(sanitized(text), width: width).lines
    for (index, line) in lines.enumerated() {
      surface.write(line.text, x: x, y: y + index, style: style)
    }
    return y + lines.count
  }
}

/// A number with two digits after the point.
private func decimal(_ value: Double) -> String {
  let hundredths = Int((value * 100).rounded())
  let fraction = String(abs(hundredths % 100) + 100).dropFirst()
  return "\(hundredths < 0 ? "-" : "")\(abs(hundredths) / 100).\(fraction)"
}

/// Seconds in words.
func duration(_ seconds: Double) -> String {
  seconds < 90 ? "\(max(1, Int(seconds.rounded()))) s" : "\(Int((seconds / 60).rounded())) min"
}
