import Feedback
import GRDB

extension Workspace {
  /// Puts the completions of an earlier ranking into the queue once more, in another order, to see whether
  /// the labeler agrees with themselves. The slate looks like any other.
  ///
  /// Of the rankings made here that are neither taken back nor held out, prefer something, are at least
  /// `age` labels old and were not shown twice already, `choice` takes one; none while the prompt waits in
  /// the queue.
  ///
  /// - Parameters:
  ///   - choice: told how many there are, gives the place of one.
  ///   - displayOrder: told the number of completions, gives their order.
  /// - Returns: the new slate; nil when there is nothing to repeat.
  @discardableResult
  public func repeatSlate(
    age: Int, choice: (Int) -> Int, displayOrder: (Int) -> [Int]
  ) throws(StorageError) -> Int64? {
    try write { db in
      let slates = try Row.fetchAll(
        db,
        sql: """
          SELECT slates.id, slates.prompt_id FROM labels
          JOIN ranking_outcomes ON label_id = labels.id AND pairs > 0
          JOIN slates ON slates.id = slate_id JOIN prompts ON prompts.id = slates.prompt_id
          WHERE retracted_at IS NULL AND slates.imported = 0 AND status = 'labelled'
            AND live_slates = 0 AND retired IS NULL AND held_out = 0
            AND labels.id <= (SELECT max(id) FROM labels) - ?
            AND NOT \(Self.isRepeat) AND NOT \(Self.isRepeated)
          ORDER BY labels.id
          """, arguments: [age])
      guard !slates.isEmpty else { return nil }
      let original = slates[choice(slates.count)]
      let completions = try Int64.fetchAll(
        db,
        sql: "SELECT completion_id FROM slate_completions WHERE slate_id = ? ORDER BY position",
        arguments: [original["id"]])
      // Chosen, and not by chance: it must not count in figures of accuracy.
      let slate = try insertSlate(
        prompt: original["prompt_id"], activelyChosen: true, count: completions.count,
        status: .ready, db)
      for (position, index) in displayOrder(completions.count).enumerated() {
        try db.run(
          sql: "INSERT INTO slate_completions (slate_id, completion_id, position) VALUES (?, ?, ?)",
          arguments: [slate, completions[index], position])
      }
      try db.run(
        sql: "UPDATE slates SET finished = ? WHERE id = ?", arguments: [clock(), slate])
      return slate
    }
  }

  /// Whether the slate of the row at hand shows what an earlier one did.
  static let isRepeat = """
    EXISTS (SELECT 1 FROM slate_completions AS own
      JOIN slate_completions AS other ON other.completion_id = own.completion_id
      WHERE own.slate_id = slates.id AND other.slate_id < slates.id)
    """

  /// Whether a later slate shows what the one of the row at hand does.
  static let isRepeated = """
    EXISTS (SELECT 1 FROM slate_completions AS own
      JOIN slate_completions AS other ON other.completion_id = own.completion_id
      WHERE own.slate_id = slates.id AND other.slate_id > slates.id)
    """

  static func isRepeat(slate: Int64, _ db: Database) throws -> Bool {
    try Bool.fetchOne(
      db, sql: "SELECT \(isRepeat) FROM slates WHERE id = ?", arguments: [slate]) ?? false
  }
}
