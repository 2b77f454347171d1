import ArgumentParser
import Foundation
import Storage
import Workstation

/// Opens the workstation: what the program does without a subcommand.
struct Open: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open the workstation (the default).", shouldDisplay: false)

  @OptionGroup var common: CommonOptions

  @Option(help: "Who labels (default: $USER).")
  var labeler: String?

  @Flag(inversion: .prefixedNo, help: "Take mouse events; without, the terminal selects text.")
  var mouse = true

  func run() throws {
    StartingEnvironment.forTheTerminal()
    let name = labeler ?? ProcessInfo.processInfo.environment["USER"] ?? "labeler"
    let model = try common.loadModelIdentity()
    try checkWorkspace(for: model)
    try runWorkstation(
      WorkstationOptions(
        workspace: common.workspaceURL, model: common.modelPath, labeler: name, mouse: mouse,
        trainerCommand: [ProgramFile.url.path] + common.trainerArguments + ["--while-labeling"],
        guidelines: ShippedFiles.prompts?.appendingPathComponent("GUIDELINES.md")))
  }

  /// Makes the workspace if there is none, and refuses one that cannot be labeled in.
  private func checkWorkspace(for model: BaseModel) throws {
    let workspace = try common.openWorkspace(withModel: model)
    defer { workspace.close() }
    try common.requirePrompts(in: workspace)
  }
}
