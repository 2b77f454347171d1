import Feedback
import TerminalUI

/// The last line: what the trainer does, and how well the reward model predicts.
struct StatusLine {
  let model: WorkstationModel

  func draw(y: Int, on surface: inout Surface) {
    let width = surface.size.width - 2
    if let trouble = model.trouble, TextWidth.columns(trouble) <= width {
      surface.write(trouble, x: 1, y: y, style: Theme.failure)
      return
    }
    let facts = self.facts(room: width)
    let factColumns = TextWidth.columns(facts)
    surface.write(facts, x: surface.size.width - 1 - factColumns, y: y, style: Theme.quiet)
    drawWork(x: 1, y: y, room: width - factColumns - 3, on: &surface)
  }

  private func facts(room: Int) -> String {
    var parts: [String] = []
    if let accuracy = model.status.rewardAccuracy {
      parts.append(
        room >= 100
          ? "reward right before learning \(shareText(accuracy)) of \(count(accuracy.count, "pair"))"
          : "reward right \(shareText(accuracy))")
    }
    parts.append("\(model.status.readySlates) ready")
    return parts.joined(separator: "   ")
  }

  private func drawWork(x: Int, y: Int, room: Int, on surface: inout Surface) {
    guard let job = model.status.job else {
      surface.write(truncated(idleText, to: room), x: x, y: y)
      return
    }
    var end = ""
    if let progress = job.progress {
      let bar = ProgressBar.text(progress, width: min(12, max(4, room - job.title.count - 8)))
      end = " \(bar) \(percent(progress)) %"
    }
    let title = truncated(job.title, to: max(0, room - TextWidth.columns(end)))
    surface.write(title + end, x: x, y: y, limit: room)
  }

  private var idleText: String {
    let status = model.status
    let name = policyName(status.policyVersion)
    return status.labelsToLearn > 0
      ? "\(name) is in use, \(count(status.labelsToLearn, "label")) to learn" : "\(name) is in use"
  }
}

/// A share in percent, without its sign.
func percent(_ share: Double) -> Int {
  Int((share * 100).rounded())
}

/// A share with its interval, such as `71 % (61–80)`.
func shareText(_ estimate: Estimate) -> String {
  "\(percent(estimate.value)) % (\(percent(estimate.low))–\(percent(estimate.high)))"
}
