import Feedback
import Storage

/// Labels of a workspace as lines of a dataset format; labels that were taken back are left out.
public enum DatasetExport {
  /// Writes every record, without a line break, in the order of the labels.
  ///
  /// - Returns: how many lines it wrote.
  @discardableResult
  public static func write(
    _ format: DatasetFormat, of workspace: Workspace, to line: (String) throws -> Void
  ) throws -> Int {
    var count = 0
    func write(_ record: some Encodable) throws {
      try line(JSONLines.encode(record))
      count += 1
    }
    switch format {
    case .rankings:
      for labels in submissions(try workspace.labels()) {
        let slate = try labels[0].slate.flatMap { try workspace.slate($0) }
        let (quality, flags) = try workspace.annotations(label: labels[0].id)
        try write(RankingRecord(labels: labels, slate: slate, quality: quality, flags: flags))
      }
    case .trlSFT:
      for label in try workspace.labels(kinds: [.demonstration]) {
        guard case .demonstration(let demonstration) = label.content else { continue }
        try write(TRLSupervisedRecord(prompt: label.prompt, demonstration: demonstration))
      }
    case .trlPreference:
      for label in try workspace.labels(kinds: [.ranking]) {
        guard case .ranking(let ranking) = label.content, let slate = label.slate else { continue }
        let completions = try workspace.completions(slate: slate)
        let texts = Dictionary(uniqueKeysWithValues: completions.map { ($0.id, $0.text) })
        for pair in ranking.comparisons {
          guard let chosen = texts[pair.preferred], let rejected = texts[pair.rejected] else {
            continue
          }
          try write(TRLPreferenceRecord(prompt: label.prompt, chosen: chosen, rejected: rejected))
        }
      }
    }
    return count
  }

  /// Labels that were submitted together stand together: same slate, same labeler. A label without
  /// a slate was submitted alone.
  static func submissions(_ labels: [Label]) -> [[Label]] {
    var groups: [[Label]] = []
    for label in labels {
      if let last = groups.last?.last, let slate = label.slate, last.slate == slate,
        last.labeler == label.labeler
      {
        groups[groups.count - 1].append(label)
      } else {
        groups.append([label])
      }
    }
    return groups
  }
}
