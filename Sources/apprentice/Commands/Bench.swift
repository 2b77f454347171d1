import ArgumentParser

/// How fast this machine does what the program lives from.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how fast this machine draws, trains and scores.",
    discussion: """
      Each test is warmed up and repeated; the median counts. Shares are those of the machine's \
      sgemm peak, measured before and after the other tests: the best of oneDNN's sgemm, matmul and \
      inner product in float32. Tokens a second of candidates are those of decoding alone. Leave the \
      machine to it: other programs take from the figures.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp(
      "Measure these rows only, beside the machine: "
        + BenchRow.allCases.map(\.rawValue).joined(separator: ", ") + ".",
      valueName: "row,…"))
  var only: String?

  @Option(help: "Repeat each test so often (default: 1 to 7 times, by how long it takes).")
  var repeats: Int?

  func validate() throws {
    guard repeats.map({ $0 >= 1 }) ?? true else {
      throw ValidationError("--repeats is at least 1.")
    }
    do { _ = try rows() } catch { throw ValidationError(error.description) }
  }

  func run() throws {
    StartingEnvironment.forComputing()
    let report = try BenchReport.measure(
      try rows(), repeats: repeats, progress: BenchProgress(), load: common.loadModel)
    if common.json {
      try Output.json(report.machine)
      for result in report.results {
        try Output.json(BenchLine(result: result, machine: report.machine))
      }
    } else {
      report.text.forEach(Output.line)
    }
  }

  private func rows() throws(CommandError) -> Set<BenchRow> {
    try only.map(BenchRow.list) ?? Set(BenchRow.allCases)
  }
}
