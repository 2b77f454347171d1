import GRDB

/// One measured number of a series.
public struct Metric: Sendable, Hashable {
  /// The version it was measured on; nil when it belongs to none.
  public var version: Int64?
  public var name: String
  public var step: Int?
  public var value: Double
  /// Seconds since 1970.
  public var created: Double
}

extension Workspace {
  /// Appends a number to a series, such as the loss of a training step. Cheap: not on disk when it
  /// returns.
  public func record(
    metric name: String, value: Double, step: Int? = nil, version: Int64? = nil
  ) throws(StorageError) {
    try writeLightly { db in
      try Self.insertMetric(name, value, step: step, version: version, at: clock(), db)
    }
  }

  /// The numbers of a series in the order in which they were recorded.
  ///
  /// - Parameters:
  ///   - version: only those measured on this version; nil for all.
  ///   - last: at most so many, the latest ones.
  public func series(
    _ name: String, version: Int64? = nil, last: Int = 10_000
  ) throws(StorageError) -> [Metric] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM metrics WHERE name = ?1 AND (?2 IS NULL OR version_id = ?2)
          ORDER BY id DESC LIMIT ?3
          """, arguments: [name, version, last]
      ).reversed().map {
        Metric(
          version: $0["version_id"], name: $0["name"], step: $0["step"], value: $0["value"],
          created: $0["created"])
      }
    }
  }

  static func insertMetric(
    _ name: String, _ value: Double, step: Int?, version: Int64?, at time: Double, _ db: Database
  ) throws {
    guard value.isFinite else {
      throw StorageError("the metric \(name) is not a number that can be kept: \(value)")
    }
    try db.execute(
      sql: """
        INSERT INTO metrics (version_id, name, step, value, created) VALUES (?, ?, ?, ?, ?)
        """, arguments: [version, name, step, value, time])
  }
}
