import Foundation
import GRDB

extension Workspace {
  /// The number of the next version to be published, for its folder's name; each call gives another.
  public func reserveVersion() throws(StorageError) -> Int64 {
    try write { db in
      let known = try Int64.fetchOne(db, sql: "SELECT ifnull(max(id), 0) FROM versions")!
      let reserved = try Self.setting("last_version", db).flatMap { Int64($0) } ?? 0
      let next = max(known, reserved) + 1
      try Self.set("last_version", to: String(next), db)
      return next
    }
  }

  /// The folder of a version, relative to the workspace.
  public static func versionPath(_ kind: VersionKind, _ id: Int64) -> String {
    "adapters/\(kind.rawValue)-\(id)"
  }

  /// Publishes a version with the labels it learnt and its metrics, and makes it the current one
  /// unless it is rejected. Its labels are pending no longer in either case.
  ///
  /// - Throws: when its folder is not there, or its number is taken.
  @discardableResult
  public func publish(_ version: NewVersion) throws(StorageError) -> Version {
    let path = version.path ?? Self.versionPath(version.kind, version.id)
    var isFolder: ObjCBool = false
    let folder = directory.appendingPathComponent(path).path
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
    else {
      throw StorageError("version \(version.id) was not published: there is no folder \(folder)")
    }
    return try write { db in
      if let parent = version.parent, try Self.kind(ofVersion: parent, db) != version.kind {
        throw StorageError("there is no \(version.kind.rawValue) version \(parent) to be a parent")
      }
      guard try Self.kind(ofVersion: version.id, db) == nil else {
        throw StorageError("there is already a version \(version.id) in \(databasePath)")
      }
      let now = clock()
      try db.execute(
        sql: """
          INSERT INTO versions (id, kind, parent, path, rejected, base_sha256, weight_format,
            program, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          version.id, version.kind.rawValue, version.parent, path, version.isRejected,
          Self.storedBaseModel(db)?.sha256 ?? "", version.weightFormat, version.program, now,
        ])
      for label in Set(version.learntFrom).sorted() {
        try db.execute(
          sql: "INSERT INTO version_labels (version_id, label_id) VALUES (?, ?)",
          arguments: [version.id, label])
      }
      try removePending(version.learntFrom, for: version.kind, db)
      for (name, value) in version.metrics.sorted(by: { $0.key < $1.key }) {
        try Self.insertMetric(name, value, step: nil, version: version.id, at: now, db)
      }
      if !version.isRejected {
        try setCurrent(version.kind, version.id, db)
        for label in version.pendingAgain { try addPending(label, for: [version.kind], db) }
      }
      return try Self.versions("versions.id = ?", arguments: [version.id], db)[0]
    }
  }

  /// The version in use; nil for the base model.
  public func currentVersion(_ kind: VersionKind) throws(StorageError) -> Version? {
    try read { db in
      try Self.versions(
        "versions.id = (SELECT version_id FROM current_versions WHERE kind = ?)",
        arguments: [kind.rawValue], db
      ).first
    }
  }

  /// Puts another version into use; nil, or 0, for the base model.
  ///
  /// - Throws: when the version is of the other kind, rejected, or without files.
  public func setCurrent(_ kind: VersionKind, version: Int64?) throws(StorageError) {
    try write { db in
      guard let version, version != 0 else { return try setCurrent(kind, nil, db) }
      let known = try Self.versions("versions.id = ?", arguments: [version], db).first
      guard let known, known.kind == kind else {
        throw StorageError("there is no \(kind.rawValue) version \(version) in \(databasePath)")
      }
      guard known.state != .rejected, known.hasFiles else {
        throw StorageError(
          "\(kind.rawValue) version \(version) cannot be used: "
            + (known.state == .rejected ? "it was rejected" : "its files have been deleted"))
      }
      try setCurrent(kind, version, db)
    }
  }

  /// All versions of a kind, oldest first.
  public func versions(_ kind: VersionKind) throws(StorageError) -> [Version] {
    try read { db in
      try Self.versions("versions.kind = ?", arguments: [kind.rawValue], db)
    }
  }

  /// One version; nil when there is none of that number.
  public func version(_ id: Int64) throws(StorageError) -> Version? {
    try read { db in try Self.versions("versions.id = ?", arguments: [id], db).first }
  }

  /// Why versions were rejected, one sentence each, by version; those without a reason are left out.
  public func rejections() throws(StorageError) -> [Int64: String] {
    try read { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT key, value FROM settings WHERE key GLOB 'version.*.rejection'")
      var reasons: [Int64: String] = [:]
      for row in rows {
        let parts = (row["key"] as String).split(separator: ".")
        if parts.count == 3, let version = Int64(parts[1]) { reasons[version] = row["value"] }
      }
      return reasons
    }
  }

  func setCurrent(_ kind: VersionKind, _ version: Int64?, _ db: Database) throws {
    guard let version else {
      return try db.execute(
        sql: "DELETE FROM current_versions WHERE kind = ?", arguments: [kind.rawValue])
    }
    try db.execute(
      sql: """
        INSERT INTO current_versions (kind, version_id) VALUES (?, ?)
        ON CONFLICT (kind) DO UPDATE SET version_id = excluded.version_id
        """, arguments: [kind.rawValue, version])
  }

  static func kind(ofVersion id: Int64, _ db: Database) throws -> VersionKind? {
    try String.fetchOne(db, sql: "SELECT kind FROM versions WHERE id = ?", arguments: [id])
      .flatMap(VersionKind.init)
  }

  /// The versions on the conditions of `filter`, oldest first.
  static func versions(
    _ filter: String, arguments: StatementArguments, _ db: Database
  ) throws -> [Version] {
    var metrics: [Int64: [String: Double]] = [:]
    for row in try Row.fetchAll(
      db,
      sql: """
        SELECT version_id, name, value FROM metrics JOIN versions ON versions.id = version_id
        WHERE step IS NULL AND \(filter) ORDER BY metrics.id
        """, arguments: arguments)
    {
      metrics[row["version_id"], default: [:]][row["name"]] = row["value"]
    }
    return try Row.fetchAll(
      db,
      sql: """
        SELECT versions.*, current_versions.version_id IS NOT NULL AS current,
          (SELECT count(*) FROM version_labels WHERE version_id = versions.id) AS learnt
        FROM versions LEFT JOIN current_versions ON version_id = versions.id
        WHERE \(filter) ORDER BY versions.id
        """, arguments: arguments
    ).map { row in
      let state: Version.State
      if row["rejected"] {
        state = .rejected
      } else if row["current"] {
        state = .current
      } else {
        state = row["has_files"] ? .published : .pruned
      }
      return Version(
        id: row["id"], kind: VersionKind(rawValue: row["kind"])!, parent: row["parent"],
        path: row["path"], state: state, hasFiles: row["has_files"], isPinned: row["pinned"],
        learntCount: row["learnt"], metrics: metrics[row["id"]] ?? [:],
        baseSHA256: row["base_sha256"], weightFormat: row["weight_format"],
        program: row["program"], created: row["created"])
    }
  }
}
