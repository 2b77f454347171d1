import ArgumentParser
import Foundation
import Storage
import Trainer

/// Runs the whole loop without a screen, with a program as the labeler.
struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the whole loop without a screen, with a program as the labeler.",
    discussion: """
      The labeler is one /bin/sh -c process. It gets a line \
      {"slate","prompt","completions":[{"id","text"}]} for each slate and answers with a line \
      {"tiers":[[id,…],…]}, with "demonstration":"text" added or not, or {"skip":"reason"}.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("The labeler, a shell command.", valueName: "cmd"))
  var labelerCommand: String

  @Option(help: "How many slates to label.")
  var labels = 10

  @Option(help: "Decides prompts, samples and display orders.")
  var seed: UInt64 = 0

  @Option(help: "The name the labels are kept under.")
  var labeler = "simulated"

  @Option(
    help: ArgumentHelp(
      "Seconds from one slate to the next; 0 waits until each label is learnt.",
      valueName: "seconds"))
  var pace = 0.0

  @Option(help: "The completions of a slate, 2 to 9.")
  var candidates = 4

  @Flag(help: "Show the policy's draws as they come, chosen by no reward model.")
  var noBestOf = false

  func validate() throws {
    guard labels >= 1 else { throw ValidationError("--labels is at least 1.") }
    guard (2...9).contains(candidates) else {
      throw ValidationError("--candidates goes from 2 to 9.")
    }
    guard pace >= 0 else { throw ValidationError("--pace is not negative.") }
  }

  func run() throws {
    let workspace = try common.openWorkspace(withModel: common.loadModelIdentity())
    defer { workspace.close() }
    try common.requirePrompts(in: workspace)
    var settings = try TrainerSettings.read(from: workspace)
    settings.candidates = candidates
    settings.bestOf = !noBestOf
    settings.seed = seed
    try settings.write(to: workspace)

    let script = try ScriptedLabeler(command: labelerCommand)
    defer { script.finish() }
    let trainer = try TrainerChild(
      workspace: workspace.directory, arguments: common.trainerArguments + ["--while-labeling"])
    defer { trainer.stop() }
    let simulation = try Simulation(workspace: workspace, labeler: labeler, trainer: trainer)
    defer { simulation.finish() }
    try simulation.run(labels: labels, pace: pace, script: script) { report in
      if common.json {
        try Output.json(report)
      } else {
        Output.line(report.sentence)
      }
    }
    try simulation.waitForPractice(note: Output.note)
  }
}

extension Simulation.Report {
  /// The report as a person reads it.
  var sentence: String {
    var parts = ["label \(label): \(kind) of slate \(slate), policy \(policy)"]
    if let predicted {
      parts.append("reward model \(reward ?? "none") had \(predicted) of \(pairs) pairs right")
    }
    if let labelledToPublished {
      parts.append("learnt after \(String(format: "%.1f", labelledToPublished)) s")
    }
    return parts.joined(separator: "; ")
  }
}
