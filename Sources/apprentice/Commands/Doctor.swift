import ArgumentParser
import Foundation
import LanguageModel
import Storage

/// Says what is installed, what is missing and how to get it.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is installed, what is missing, and how to get it.")

  @OptionGroup var common: CommonOptions

  /// One thing that was looked at.
  struct Finding: Encodable {
    var check: String
    var ok: Bool
    var found: String
    /// What to do when it is missing.
    var remedy: String?
  }

  func run() throws {
    let findings = [modelFile(), prompts(), workspaceFolder(), terminal(), processor()]
    for finding in findings {
      if common.json {
        try Output.json(finding)
      } else {
        Output.line("\(finding.ok ? "ok     " : "missing") \(finding.check): \(finding.found)")
        if let remedy = finding.remedy { Output.line("        \(remedy)") }
      }
    }
    let missing = findings.filter { !$0.ok }.count
    guard missing == 0 else {
      throw CommandError("\(missing) of \(findings.count) checks failed; see above.")
    }
  }

  private func modelFile() -> Finding {
    let path = common.modelPath
    guard FileManager.default.fileExists(atPath: path) else {
      return Finding(
        check: "model", ok: false, found: "no file at \(path)",
        remedy: common.model == nil
          ? "Fetch it (98 MB) with: make model" : "Give --model the path of a GGUF file.")
    }
    do {
      if common.model == nil, try sha256(ofFile: path) != ModelFile.sha256 {
        return Finding(
          check: "model", ok: false,
          found: "\(path) is not the published SmolLM2-135M-Instruct",
          remedy: "Fetch it again with: rm \(path) && make model")
      }
      let model = try LanguageModel.load(path: path, chatTemplate: common.chatTemplate)
      return Finding(
        check: "model", ok: true,
        found:
          "\(path), \(model.configuration.architecture), \(model.configuration.layerCount) layers")
    } catch {
      return Finding(
        check: "model", ok: false, found: "\(error)",
        remedy: common.model == nil
          ? "Fetch it again with: rm \(path) && make model"
          : "Supported are text models of "
            + ModelConfiguration.supportedArchitectures.joined(separator: ", ")
            + " with a byte-level BPE tokenizer.")
    }
  }

  private func prompts() -> Finding {
    guard let folder = ShippedFiles.prompts else {
      return Finding(
        check: "prompts", ok: false, found: "the shipped prompts are not beside the program",
        remedy: "Run the program from its build folder, or set APPRENTICE_PROMPTS to the folder.")
    }
    return Finding(check: "prompts", ok: true, found: folder.path)
  }

  private func workspaceFolder() -> Finding {
    let folder = common.workspaceURL
    guard FileManager.default.fileExists(atPath: folder.path) else {
      return Finding(
        check: "workspace", ok: true, found: "\(folder.path) does not exist yet; it will be made")
    }
    do {
      let workspace = try Workspace.open(folder)
      defer { workspace.close() }
      return Finding(
        check: "workspace", ok: true,
        found: "\(folder.path), \(try workspace.promptCount()) prompts")
    } catch {
      return Finding(check: "workspace", ok: false, found: error.description, remedy: nil)
    }
  }

  private func terminal() -> Finding {
    let name = ProcessInfo.processInfo.environment["TERM"] ?? ""
    guard !name.isEmpty, name != "dumb" else {
      return Finding(
        check: "terminal", ok: true,
        found: "none (TERM is \(name.isEmpty ? "not set" : name)); only the workstation needs one")
    }
    return Finding(check: "terminal", ok: true, found: name)
  }

  private func processor() -> Finding {
    Finding(
      check: "processor", ok: true,
      found: "\(ProcessInfo.processInfo.activeProcessorCount) cores, \(VectorKernels.name) kernels")
  }
}
