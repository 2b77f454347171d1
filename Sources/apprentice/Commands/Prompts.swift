import ArgumentParser
import Exchange
import Storage

import struct Feedback.Message

/// The pool of prompts.
struct Prompts: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Add, list and retire the prompts of the workspace.",
    subcommands: [Add.self, List.self, Retire.self])

  /// Adds the prompts of files, all of them or none.
  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add the prompts of files to the pool, all of them or none.",
      discussion: """
        A file is JSONL, {"id"?,"use_case"?,"text"} or "messages" in the place of "text", or plain \
        text with one prompt a line. A workspace that this command makes holds these prompts only, \
        without the shipped ones.
        """)

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("Files of prompts.", valueName: "file"))
    var files: [String]

    struct Report: Encodable {
      var added: Int
      var read: Int
    }

    func run() throws {
      let prompts = try PromptFile.read(paths: files)
      let workspace = try Workspace.open(common.workspaceURL)
      defer { workspace.close() }
      let report = Report(
        added: try add(prompts, to: workspace), read: prompts.count)
      if common.json {
        try Output.json(report)
      } else {
        Output.note(
          "Added \(report.added) of \(report.read) prompts; "
            + "the workspace holds \(try workspace.promptCount()).")
      }
    }

    private func add(_ prompts: [Placed<NewPrompt>], to workspace: Workspace) throws -> Int {
      do {
        return try workspace.addPrompts(prompts.map(\.value))
      } catch {
        // Which line it was matters only now.
        for prompt in prompts {
          guard let key = prompt.value.key, let known = try? workspace.prompt(key: key),
            known.messages != prompt.value.messages
          else { continue }
          throw prompt.place.error(error.description)
        }
        throw error
      }
    }
  }

  /// Lists the pool.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the prompts of the pool.")

    @OptionGroup var common: CommonOptions

    @Flag(help: "List retired prompts too.")
    var retired = false

    struct Line: Encodable {
      var id: String
      var useCase: String
      var text: String
      var messages: [Message]
      var slates: Int
      var retired: Bool

      enum CodingKeys: String, CodingKey {
        case id, text, messages, slates, retired
        case useCase = "use_case"
      }
    }

    func run() throws {
      let workspace = try common.openWorkspace()
      defer { workspace.close() }
      for pooled in try workspace.prompts(includingRetired: retired) {
        let prompt = pooled.prompt
        if common.json {
          try Output.json(
            Line(
              id: prompt.key, useCase: prompt.useCase.rawValue, text: prompt.text,
              messages: prompt.messages, slates: pooled.slateCount, retired: pooled.isRetired))
        } else {
          let mark = pooled.isRetired ? " (retired)" : ""
          let text = prompt.text.split(whereSeparator: \.isNewline).joined(separator: " ")
          Output.line("\(prompt.key)\t\(prompt.useCase.rawValue)\(mark)\t\(printable(text))")
        }
      }
    }
  }

  /// Takes a prompt out of the pool.
  struct Retire: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a prompt out of the pool; its labels stay.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The prompt's id, as `prompts list` shows it.", valueName: "id"))
    var id: String

    func run() throws {
      let workspace = try common.openWorkspace()
      defer { workspace.close() }
      try workspace.retirePrompt(key: id)
      if common.json { try Output.json(["retired": id]) } else { Output.note("Retired \(id).") }
    }
  }
}
