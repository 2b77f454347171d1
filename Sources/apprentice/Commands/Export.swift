import ArgumentParser
import Exchange
import Foundation
import LanguageModel
import Storage

/// Labels and adapters of the workspace as files.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Export labels, or the adapters in use.",
    discussion: """
      Formats: rankings (this program's own, lossless), trl-sft (demonstrations), trl-preference \
      (strict pairs); peft, which writes the policy in use to DIR/policy and the reward model to \
      DIR/reward; and gguf-lora, which writes the policy in use to a file for llama.cpp's --lora.
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case rankings
    case trlSFT = "trl-sft"
    case trlPreference = "trl-preference"
    case peft
    case ggufLoRA = "gguf-lora"

    /// The dataset format; nil for adapters.
    var dataset: DatasetFormat? { DatasetFormat(rawValue: rawValue) }
  }

  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp(
      "Where to write; a dataset goes to standard output without it, peft needs a folder that does not exist, gguf-lora a file.",
      valueName: "path"))
  var out: String?

  @Option(
    help: ArgumentHelp(
      "With gguf-lora: a folder with an adapter, as train writes it, instead of the workspace's policy.",
      valueName: "dir"))
  var adapter: String?

  @Argument(help: "The format.")
  var format: Format

  func validate() throws {
    guard format != .peft || out != nil else {
      throw ValidationError("peft needs a folder: --out DIR.")
    }
    guard format != .ggufLoRA || out != nil else {
      throw ValidationError("gguf-lora needs a file: --out FILE.")
    }
    guard format == .ggufLoRA || adapter == nil else {
      throw ValidationError("--adapter is for gguf-lora.")
    }
  }

  func run() throws {
    switch format {
    case .rankings, .trlSFT, .trlPreference: try export(format.dataset!)
    case .peft: try exportAdapters(to: NewFolder(path: out!))
    case .ggufLoRA: try exportForLlamaCpp(to: out!)
    }
  }

  private func export(_ format: DatasetFormat) throws {
    let workspace = try common.openWorkspace()
    defer { workspace.close() }
    guard let out else {
      try DatasetExport.write(format, of: workspace) { Output.line($0) }
      return
    }
    let file = try ExportFile(path: out)
    let count = try DatasetExport.write(format, of: workspace) { try file.append($0) }
    try file.finish()
    Output.note("Wrote \(count) records to \(out).")
  }

  private func exportAdapters(to folder: NewFolder) throws {
    let workspace = try common.openWorkspace()
    defer { workspace.close() }
    let versions = try [VersionKind.policy, .reward].compactMap { try workspace.currentVersion($0) }
    guard !versions.isEmpty else {
      throw CommandError(
        "Nothing has been learnt in \(workspace.directory.path) yet, so there is no adapter to export."
      )
    }
    try folder.write { target in
      for version in versions {
        try PEFT.copy(
          from: workspace.directory.appendingPathComponent(version.path),
          to: target.appendingPathComponent(version.kind.rawValue))
      }
    }
    let names = versions.map { "\($0.kind.rawValue) \($0.id)" }.joined(separator: " and ")
    Output.note("Wrote \(names) to \(folder.url.path).")
  }

  private func exportForLlamaCpp(to path: String) throws {
    if let adapter {
      try exportForLlamaCpp(URL(fileURLWithPath: adapter), named: adapter, to: path)
      return
    }
    let workspace = try common.openWorkspace(withModel: common.loadModelIdentity())
    defer { workspace.close() }
    guard let policy = try workspace.currentVersion(.policy) else {
      throw CommandError(
        "No policy has been learnt in \(workspace.directory.path) yet, so there is no adapter to export."
      )
    }
    try exportForLlamaCpp(
      workspace.directory.appendingPathComponent(policy.path), named: "policy \(policy.id)",
      to: path)
  }

  private func exportForLlamaCpp(_ folder: URL, named name: String, to path: String) throws {
    try common.requireModelFile()
    let (adapter, heads) = try PEFT.read(
      directory: folder, configuration: ModelConfiguration(gguf: GGUFFile(path: common.modelPath)))
    guard heads == nil else {
      throw CommandError(
        "\(name) holds a reward model, and llama.cpp's adapters have no place for its head; "
          + "PEFT reads it as it is.")
    }
    try GGUFAdapter.write(adapter, to: path)
    Output.note("Wrote \(name) to \(path).")
  }
}
