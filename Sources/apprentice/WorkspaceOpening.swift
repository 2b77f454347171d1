import Exchange
import Foundation
import LanguageModel
import Storage

extension CommonOptions {
  /// Opens the workspace, and makes it when it is not there; a new one starts with the shipped
  /// prompts.
  ///
  /// - Parameter baseModel: the model it is to teach; nil for a command that needs none.
  func openWorkspace(withModel baseModel: BaseModel? = nil) throws -> Workspace {
    let workspace = try Workspace.open(workspaceURL, baseModel: baseModel)
    do {
      guard try !workspace.hasPrompts() else { return workspace }
      let files = ShippedFiles.promptFiles()
      if files.isEmpty {
        Output.note(
          "The shipped prompts are not beside the program, so the workspace starts without any; "
            + "add some with: apprentice prompts add FILE")
      } else {
        let prompts = try PromptFile.read(paths: files.map(\.path))
        try workspace.seedPrompts(prompts.map(\.value))
      }
      return workspace
    } catch {
      workspace.close()
      throw error
    }
  }

  /// Opens the workspace for a model that has been loaded from ``modelPath``.
  func openWorkspace(withModel model: LanguageModel) throws -> Workspace {
    try openWorkspace(withModel: loadModelIdentity())
  }

  /// Refuses a workspace whose pool has no prompt to make a slate of.
  func requirePrompts(in workspace: Workspace) throws {
    guard try workspace.promptCount() > 0 else {
      throw CommandError(
        "The prompt pool of \(workspaceURL.path) is empty; add prompts with: "
          + "apprentice prompts add FILE")
    }
  }
}
