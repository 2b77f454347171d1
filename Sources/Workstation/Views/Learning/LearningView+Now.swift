import TerminalUI

/// What the trainer does, and how its losses went.
extension LearningView {
  func drawNow(x: Int, y: Int, width: Int, on surface: inout Surface) -> Int {
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

  func drawLosses(y: Int, width: Int, on surface: inout Surface) -> Int {
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
}

/// Seconds in words.
func duration(_ seconds: Double) -> String {
  seconds < 90 ? "\(max(1, Int(seconds.rounded()))) s" : "\(Int((seconds / 60).rounded())) min"
}
