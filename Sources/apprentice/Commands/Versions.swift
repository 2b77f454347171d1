import ArgumentParser
import Exchange
import Storage

/// The published versions of the policy and the reward model.
struct Versions: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the versions, put one into use, keep the files of one.",
    subcommands: [List.self, Use.self, Pin.self, Unpin.self], defaultSubcommand: List.self)

  /// Lists them.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the versions, oldest first (the default).")

    @OptionGroup var common: CommonOptions

    func run() throws {
      let workspace = try common.openWorkspace()
      defer { workspace.close() }
      let lines = try VersionLine.all(in: workspace)
      for line in lines {
        if common.json { try Output.json(line) } else { Output.line(line.text) }
      }
      if lines.isEmpty, !common.json { Output.note("There is no version yet.") }
    }
  }

  /// Puts a version into use.
  struct Use: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a version into use; the policy 0 is the base model.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("policy or reward.", valueName: "kind"))
    var kind: String

    @Argument(help: ArgumentHelp("The version's id, as `versions` shows it.", valueName: "id"))
    var id: String

    func run() throws {
      guard let kind = VersionKind(rawValue: kind) else {
        throw CommandError("“\(printable(self.kind))” is no kind of version: policy or reward.")
      }
      let version = try versionNumber(id)
      guard version != 0 || kind == .policy else {
        throw CommandError("There is no reward model 0: only a policy can be the base model.")
      }
      let workspace = try common.openWorkspace()
      defer { workspace.close() }
      try workspace.setCurrent(kind, version: version)
      if common.json {
        try Output.json(["kind": kind.rawValue, "used": String(version)])
      } else {
        let name = version == 0 ? "The base model" : "The \(kind.rawValue) version \(version)"
        Output.note("\(name) is in use.")
      }
    }
  }

  /// Keeps a version's files.
  struct Pin: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Keep the files of a version whatever its age.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The version's id, as `versions` shows it.", valueName: "id"))
    var id: String

    func run() throws {
      try pin(id, true, common)
      if common.json { try Output.json(["pinned": id]) } else { Output.note("Pinned \(id).") }
    }
  }

  /// No longer keeps a version's files.
  struct Unpin: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let the files of a version go when it is old.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The version's id, as `versions` shows it.", valueName: "id"))
    var id: String

    func run() throws {
      try pin(id, false, common)
      if common.json { try Output.json(["unpinned": id]) } else { Output.note("Unpinned \(id).") }
    }
  }
}

private func pin(_ id: String, _ isPinned: Bool, _ common: CommonOptions) throws {
  let version = try versionNumber(id)
  guard version != 0 else { throw CommandError("The base model is always kept.") }
  let workspace = try common.openWorkspace()
  defer { workspace.close() }
  try workspace.pin(version: version, isPinned)
}

private func versionNumber(_ id: String) throws -> Int64 {
  guard let number = Int64(id), number >= 0 else {
    throw CommandError("“\(printable(id))” is no version's id; `apprentice versions` lists them.")
  }
  return number
}
