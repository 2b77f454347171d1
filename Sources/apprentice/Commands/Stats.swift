import ArgumentParser
import Feedback
import Foundation
import Storage

/// What has been labelled and learnt.
struct Stats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what has been labelled and learnt.",
    discussion: """
      The reward model's accuracy is counted on the scores stored before each label, over strict \
      pairs of slates that were not chosen for what they would teach, with a bootstrap over slates. \
      The win rate compares the policy's first draw with the base's or an earlier version's in the \
      labelers' blind rankings, a tie as half a win; ratings put runs of versions on one scale, the \
      log-odds of winning against the base (Bradley-Terry). Calibration sets how sure the reward \
      model was of a pair against how often it was right. Self-agreement is how a labeler ranked the \
      same completions a second time. All intervals are of 95 %.
      """)

  @OptionGroup var common: CommonOptions

  func run() throws {
    let workspace = try common.openWorkspace()
    defer { workspace.close() }
    let report = try StatsReport(workspace)
    if common.json {
      try Output.json(report)
    } else {
      report.text.forEach(Output.line)
    }
  }
}
