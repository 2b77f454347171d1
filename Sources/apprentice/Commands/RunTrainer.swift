import ArgumentParser
import Foundation
import LanguageModel
import Logging
import Storage
import Trainer

/// The background trainer, in the foreground.
struct RunTrainer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trainer",
    abstract: "Run the background trainer in the foreground, until interrupted.")

  @OptionGroup var common: CommonOptions

  @Flag(help: "Stop when no work is left.")
  var untilIdle = false

  @Flag(help: .hidden)
  var whileLabeling = false

  func run() throws {
    StartingEnvironment.forComputing()
    let workspace = try common.openWorkspace(withModel: common.loadModelIdentity())
    defer { workspace.close() }
    if try VersionKind.allCases.allSatisfy({ try workspace.pendingLabels($0).isEmpty }) {
      try common.requirePrompts(in: workspace)
    }
    let model = try common.loadModel()
    let log = try LogFile.logger(for: workspace.directory)
    let trainer: BackgroundTrainer
    do {
      trainer = try BackgroundTrainer(
        workspace: workspace, model: model, program: ProgramVersion.text, log: log,
        recipe: Recipe.read(from: workspace.directory))
    } catch {
      log.error("\(error)")
      throw error
    }
    let interrupts = Interrupts { [stop = trainer.stop] in stop.make() }
    defer { interrupts.cancel() }
    log.notice("trainer started")
    do {
      try trainer.run(
        untilIdle ? .untilIdle : whileLabeling ? .whileLabeling : .untilStopped)
    } catch {
      log.error("\(error)")
      throw error
    }
    log.notice("trainer ended")
  }
}
