import Foundation

/// What `bench` measures, by the names that `--only` takes.
enum BenchRow: String, CaseIterable, Encodable {
  /// What the machine can do at all; it comes with every run.
  case machine
  /// Completions of one prompt, drawn in lock-step.
  case candidates
  /// A step of supervised fine-tuning.
  case sft
  /// A step of the reward model on one ranking.
  case reward
  /// Completions scored by the reward model.
  case score
  /// A slate as the trainer makes it.
  case slate
  /// The model's file opened.
  case load

  /// Reads a list of names with commas.
  ///
  /// - Throws: a sentence that names the rows there are.
  static func list(_ text: String) throws(CommandError) -> Set<BenchRow> {
    var rows: Set<BenchRow> = []
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let row = BenchRow(rawValue: name.trimmingCharacters(in: .whitespaces)) else {
        let known = allCases.map(\.rawValue).joined(separator: ", ")
        throw CommandError("There is no row '\(name)' to measure; there are \(known).")
      }
      rows.insert(row)
    }
    return rows
  }
}
