import Feedback
import Foundation
import GRDB

extension Workspace {
  /// A slate with its prompt and its completions in display order; nil while it is being generated,
  /// when it was discarded unfinished, and when there is none.
  public func slate(_ id: Int64) throws(StorageError) -> Slate? {
    try read { db in try Self.slate(id, db) }
  }

  /// Where a slate is; nil when there is none of that id.
  public func status(ofSlate id: Int64) throws(StorageError) -> SlateStatus? {
    try read { db in try status(of: id, db) }
  }

  /// The completions of a slate, in display order.
  public func completions(slate: Int64) throws(StorageError) -> [Completion] {
    try read { db in try Self.completions(slate: slate, db) }
  }

  /// Completions by id; those that are not there are left out.
  public func completions(_ ids: some Collection<Int64>) throws(StorageError) -> [Completion] {
    try read { db in
      try Row.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT * FROM completions WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id
            """), arguments: [JSON.encode(Array(ids))]
      ).map(Completion.init(row:))
    }
  }

  /// The newest completions that a policy wrote and nothing chose, of slates that were not imported.
  ///
  /// - Parameter policy: a version; 0 is the base.
  public func unchosenCompletions(policy: Int64, limit: Int) throws(StorageError) -> [Completion] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT completions.* FROM completions
          WHERE policy_version = ? AND origin <> 'selected' AND id IN (
            SELECT completion_id FROM slate_completions
            JOIN slates ON slates.id = slate_id WHERE slates.imported = 0)
          ORDER BY id DESC LIMIT ?
          """, arguments: [policy, limit]
      ).map(Completion.init(row:))
    }
  }

  /// The texts of a slate while they are drawn; nil when there is no slate of that id.
  public func progress(slate: Int64) throws(StorageError) -> SlateProgress? {
    try read { db in try Self.progress(slate: slate, db) }
  }

  static func slate(_ id: Int64, _ db: Database) throws -> Slate? {
    guard
      let row = try Row.fetchOne(
        db, sql: "SELECT prompt_id, actively_chosen FROM slates WHERE id = ?", arguments: [id])
    else { return nil }
    let completions = try completions(slate: id, db)
    guard !completions.isEmpty, let prompt = try prompt(row["prompt_id"], db) else { return nil }
    return Slate(
      id: id, prompt: prompt, completions: completions, activelyChosen: row["actively_chosen"])
  }

  static func completions(slate: Int64, _ db: Database) throws -> [Completion] {
    try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT completions.* FROM slate_completions
          JOIN completions ON completions.id = completion_id
          WHERE slate_id = ? ORDER BY position
          """), arguments: [slate]
    ).map(Completion.init(row:))
  }

  static func progress(slate: Int64, _ db: Database) throws -> SlateProgress? {
    guard
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT prompt_id, status, candidate_count, texts FROM slates
          LEFT JOIN slate_progress ON slate_id = slates.id WHERE slates.id = ?
          """, arguments: [slate]),
      let prompt = try prompt(row["prompt_id"], db)
    else { return nil }
    let texts: String? = row["texts"]
    return SlateProgress(
      slate: slate, prompt: prompt, count: row["candidate_count"],
      texts: try texts.map { try JSON.decode([String].self, from: $0) } ?? [],
      status: SlateStatus(rawValue: row["status"])!)
  }

  func insert(_ completion: NewCompletion, prompt: Int64, _ db: Database) throws -> Int64 {
    guard completion.tokenIDs.count == completion.logprobs.count else {
      throw StorageError(
        "a completion has \(completion.tokenIDs.count) tokens but \(completion.logprobs.count) "
          + "log-probabilities")
    }
    let sampling = completion.sampling
    try db.cachedStatement(
      sql: """
        INSERT INTO completions (prompt_id, text, token_ids, logprobs, finish_reason,
          policy_version, temperature, top_k, top_p, min_p, max_tokens, seed, origin, words, created)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      prompt, completion.text, Packed.data(completion.tokenIDs), Packed.data(completion.logprobs),
      completion.finishReason.rawValue, completion.policyVersion, sampling.temperature,
      sampling.topK, sampling.topP, sampling.minP, sampling.maxTokens,
      Int64(bitPattern: completion.seed), completion.origin.rawValue, wordCount(completion.text),
      clock(),
    ])
    return db.lastInsertedRowID
  }
}

extension Completion {
  init(row: Row) {
    self.init(
      id: row["id"], text: row["text"], tokenIDs: Packed.integers(row["token_ids"]),
      logprobs: Packed.floats(row["logprobs"]),
      finishReason: FinishReason(rawValue: row["finish_reason"]) ?? .stop,
      policyVersion: row["policy_version"],
      sampling: SamplingParameters(
        temperature: row["temperature"], topK: row["top_k"], topP: row["top_p"],
        minP: row["min_p"], maxTokens: row["max_tokens"]),
      seed: UInt64(bitPattern: row["seed"]),
      origin: CompletionOrigin(rawValue: row["origin"]) ?? .unselected)
  }
}
