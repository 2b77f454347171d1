import Foundation
import Storage

/// Labels from files into a workspace.
public enum DatasetImport {
  /// Reads files of one format.
  ///
  /// - Parameter labeler: whose labels they are where the format does not say.
  /// - Throws: `FILE:LINE: reason`, or a sentence for a file without a record.
  public static func read(
    _ format: DatasetFormat, paths: [String], labeler: String
  ) throws -> [Placed<ImportedLabel>] {
    let labeler = try checkedLabeler(labeler)
    return try paths.flatMap { path in
      switch format {
      case .rankings:
        try read(RankingRecord.self, path) { record throws(ExchangeError) in
          try record.label(labeler: labeler)
        }
      case .trlSFT:
        try read(SupervisedRecord.self, path) { record throws(ExchangeError) in
          try record.label(labeler: labeler)
        }
      case .trlPreference:
        try read(PreferenceRecord.self, path) { record throws(ExchangeError) in
          try record.label(labeler: labeler)
        }
      }
    }
  }

  /// Adds labels to a workspace, all of them or none.
  ///
  /// - Returns: how many labels they are; a ranking with a demonstration is two.
  /// - Throws: `FILE:LINE: reason` when a label does not fit together or into the workspace.
  public static func add(
    _ labels: [Placed<ImportedLabel>], to workspace: Workspace
  ) throws(StorageError) -> Int {
    try workspace.importLabels(
      labels.map(\.value), describe: { labels[$0].place.description }
    ).reduce(0) { $0 + $1.count }
  }

  private static func read<Record: Decodable>(
    _ type: Record.Type, _ path: String,
    label: (Record) throws(ExchangeError) -> ImportedLabel
  ) throws -> [Placed<ImportedLabel>] {
    var labels: [Placed<ImportedLabel>] = []
    try JSONLines.read(type, from: TextLines(path: path)) { record in
      do throws(ExchangeError) {
        labels.append(Placed(try label(record.value), at: record.place))
      } catch {
        throw record.place.error(error.description)
      }
    }
    return try nonEmpty(labels, path: path)
  }
}
