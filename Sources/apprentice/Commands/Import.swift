import ArgumentParser
import Exchange
import Storage

/// Labels from files into the workspace.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Import labels from files, all of them or none.",
    discussion: """
      Formats: rankings (this program's own, lossless), trl-sft ({"messages"}, or \
      {"prompt","completion"}) and trl-preference ({"prompt","chosen","rejected"}, strings or \
      message lists). The models learn from imported labels; figures about them leave them out.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: "Whose labels they are, where the format does not say.")
  var labeler = "imported"

  @Argument(help: "The format of the files.")
  var format: DatasetFormat

  @Argument(help: ArgumentHelp("Files to import.", valueName: "file"))
  var files: [String]

  struct Report: Encodable {
    var records: Int
    var labels: Int
  }

  func run() throws {
    let records = try DatasetImport.read(format, paths: files, labeler: labeler)
    let workspace = try common.openWorkspace()
    defer { workspace.close() }
    let report = Report(
      records: records.count, labels: try DatasetImport.add(records, to: workspace))
    if common.json {
      try Output.json(report)
    } else {
      Output.note("Imported \(report.labels) labels from \(report.records) records.")
    }
  }
}

extension DatasetFormat: ExpressibleByArgument {}
