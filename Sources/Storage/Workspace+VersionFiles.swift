import Foundation
import GRDB

extension Workspace {
  /// How many of the newest versions of each kind keep their files.
  public static let keptVersions = 20

  /// The versions whose files may go: not in use, not among the newest twenty of their kind, not
  /// pinned, and not those that wrote or scored a slate still on its way to a label.
  public func prunableVersions() throws(StorageError) -> [Version] {
    try read { db in
      try Self.versions(
        """
        has_files = 1 AND pinned = 0
        AND versions.id NOT IN (SELECT version_id FROM current_versions)
        AND versions.id NOT IN (SELECT id FROM (
          SELECT id, row_number() OVER (PARTITION BY kind ORDER BY id DESC) AS age FROM versions
        ) WHERE age <= \(Self.keptVersions))
        AND versions.id NOT IN (
          SELECT policy_version FROM slates
          JOIN slate_completions ON slate_id = slates.id
          JOIN completions ON completions.id = completion_id
          WHERE status IN ('generating', 'ready', 'claimed') AND imported = 0)
        AND versions.id NOT IN (
          SELECT reward_version FROM slates
          WHERE status IN ('generating', 'ready', 'claimed') AND reward_version IS NOT NULL)
        """, arguments: [], db)
    }
  }

  /// Says that the files of versions have gone; their rows stay.
  ///
  /// - Throws: when one of them is in use or pinned.
  public func markPruned(_ versions: [Int64]) throws(StorageError) {
    try write { db in
      for version in versions {
        try db.execute(
          sql: """
            UPDATE versions SET has_files = 0 WHERE id = ? AND pinned = 0
            AND id NOT IN (SELECT version_id FROM current_versions)
            """, arguments: [version])
        guard db.changesCount == 1 else {
          throw StorageError("version \(version) is in use, pinned or unknown: its files must stay")
        }
      }
    }
  }

  /// Keeps a version's files whatever its age, or no longer.
  ///
  /// - Throws: when there is no such version, or its files to be kept are gone.
  public func pin(version: Int64, _ isPinned: Bool = true) throws(StorageError) {
    try write { db in
      guard
        let hasFiles = try Bool.fetchOne(
          db, sql: "SELECT has_files FROM versions WHERE id = ?", arguments: [version])
      else { throw StorageError("there is no version \(version) in \(databasePath)") }
      guard hasFiles || !isPinned else {
        throw StorageError("version \(version) cannot be pinned: its files have been deleted")
      }
      try db.execute(
        sql: "UPDATE versions SET pinned = ? WHERE id = ?", arguments: [isPinned, version])
    }
  }

  /// Folders in `adapters/` that belong to no version: a trainer died before it published them.
  public func unpublishedFolders() throws(StorageError) -> [String] {
    let adapters = directory.appendingPathComponent("adapters")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: adapters.path)) ?? []
    let known = try read { db in
      try Set(String.fetchAll(db, sql: "SELECT path FROM versions WHERE has_files = 1"))
    }
    return names.map { "adapters/\($0)" }.filter { !known.contains($0) }.sorted()
  }
}
