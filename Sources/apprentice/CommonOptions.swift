import ArgumentParser
import Foundation
import LanguageModel

/// The options that every command takes.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder that holds all the state (default: $APPRENTICE_WORKSPACE, else ./workspace).",
      valueName: "dir"))
  var workspace: String?

  @Option(
    help: ArgumentHelp(
      "The base model, a GGUF file (default: the fetched SmolLM2-135M-Instruct).",
      valueName: "file"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "The chat template, when the model's own is not recognised: "
        + ChatTemplate.names.joined(separator: ", ") + ".",
      valueName: "name"))
  var chatTemplate: String?

  @Flag(help: "Print one JSON object per line.")
  var json = false

  /// The workspace's folder.
  var workspaceURL: URL {
    let path =
      workspace ?? ProcessInfo.processInfo.environment["APPRENTICE_WORKSPACE"] ?? "workspace"
    return URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL
  }

  /// The base model's file.
  var modelPath: String { model ?? ModelFile.defaultPath() }

  /// The arguments that start a trainer on the same workspace and model.
  var trainerArguments: [String] {
    ["trainer", "--workspace", workspaceURL.path, "--model", modelPath]
      + (chatTemplate.map { ["--chat-template", $0] } ?? [])
  }

  /// Loads the base model.
  func loadModel() throws -> LanguageModel {
    try requireModelFile()
    return try LanguageModel.load(path: modelPath, chatTemplate: chatTemplate)
  }

  /// Says how to get the model when its file is not there.
  func requireModelFile() throws {
    guard FileManager.default.fileExists(atPath: modelPath) else {
      throw CommandError(
        "There is no model at \(modelPath); "
          + (model == nil ? "fetch it with: make model" : "give --model the path of a GGUF file."))
    }
  }
}

/// A failure that one sentence explains; the program ends with exit code 1.
struct CommandError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
