import ArgumentParser
import Exchange
import Foundation
import Storage

/// Labels and adapters of the workspace as files.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Export labels, or the adapters in use.",
    discussion: """
      Formats: rankings (this program's own, lossless), trl-sft (demonstrations), trl-preference \
      (strict pairs), and peft, which writes the policy in use to DIR/policy and the reward model \
      to DIR/reward.
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case rankings
    case trlSFT = "trl-sft"
    case trlPreference = "trl-preference"
    case peft

    /// The dataset format; nil for adapters.
    var dataset: DatasetFormat? { DatasetFormat(rawValue: rawValue) }
  }

  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp(
      "Where to write; a dataset goes to standard output without it, peft needs a folder that does not exist.",
      valueName: "path"))
  var out: String?

  @Argument(help: "The format.")
  var format: Format

  func validate() throws {
    guard format != .peft || out != nil else {
      throw ValidationError("peft needs a folder: --out DIR.")
    }
  }

  func run() throws {
    if let dataset = format.dataset {
      try export(dataset)
    } else {
      try exportAdapters(to: NewFolder(path: out!))
    }
  }

  private func export(_ format: DatasetFormat) throws {
    let workspace = try common.openWorkspace()
    defer { workspace.close() }
    guard let out else {
      try DatasetExport.write(format, of: workspace) { Output.line($0) }
      return
    }
    let file = try LineFile(path: out)
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
}
