import GRDB

/// The tables, and the steps from each format to the next.
///
/// Tables without a rowid name the columns of their key first and in its order: SQLite 3.40's
/// `integrity_check` otherwise finds NULLs that are not there.
enum Schema {
  /// The format this program writes: the number of its migrations.
  static let latestVersion = 2

  /// The format of a database; 0 when there is nothing in it yet.
  static func formatVersion(_ db: Database) throws -> Int {
    try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
  }

  static func migrate(_ queue: DatabaseQueue) throws {
    try queue.inDatabase { db in
      guard try formatVersion(db) == 0 else { return }
      // Before anything else is in the file, so that a kill between two steps leaves it ours.
      try db.execute(sql: "PRAGMA application_id = \(WorkspaceFiles.applicationID)")
    }
    guard try queue.read(formatVersion) < latestVersion else { return }
    do {
      try migrator.migrate(queue)
    } catch {
      // Another process may have migrated between the question and now.
      guard try queue.read(formatVersion) == latestVersion else { throw error }
    }
  }

  private static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { db in
      for part in [prompts, slates, labels, versions, state] { try db.execute(sql: part) }
      try db.execute(sql: "PRAGMA user_version = 1")
    }
    migrator.registerMigration("2") { db in
      try db.execute(sql: "CREATE INDEX prompts_words ON prompts (\(promptWords(of: "messages")))")
      try db.execute(sql: "PRAGMA user_version = 2")
    }
    return migrator
  }

  /// What a prompt without a key is looked for by: enough of its words to tell most of them apart.
  static func promptWords(of messages: String) -> String { "substr(\(messages), 1, 120)" }

  /// `shuffle` is a hash of the key: the order in which unused prompts are taken.
  /// `slate_count` and `live_slates` are kept with each change of a slate's status, so that the
  /// next prompt is one step in an index, whatever the size of the pool.
  private static let prompts = """
    CREATE TABLE labelers (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      created REAL NOT NULL
    );
    CREATE TABLE prompts (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      use_case TEXT NOT NULL,
      messages TEXT NOT NULL,
      shuffle INTEGER NOT NULL,
      slate_count INTEGER NOT NULL DEFAULT 0 CHECK (slate_count >= 0),
      live_slates INTEGER NOT NULL DEFAULT 0 CHECK (live_slates >= 0),
      created REAL NOT NULL,
      retired REAL
    );
    CREATE INDEX prompts_next ON prompts (use_case, slate_count, shuffle)
      WHERE retired IS NULL AND live_slates = 0;
    CREATE TABLE use_cases (
      use_case TEXT PRIMARY KEY,
      prompt_count INTEGER NOT NULL DEFAULT 0,
      slate_count INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    """

  /// `policy_version` 0 is the base model. An imported slate's versions are those of the workspace
  /// it came from, so they are no foreign keys.
  private static let slates = """
    CREATE TABLE completions (
      id INTEGER PRIMARY KEY,
      prompt_id INTEGER NOT NULL REFERENCES prompts,
      text TEXT NOT NULL,
      token_ids BLOB NOT NULL,
      logprobs BLOB NOT NULL,
      finish_reason TEXT NOT NULL,
      policy_version INTEGER NOT NULL,
      temperature REAL NOT NULL,
      top_k INTEGER NOT NULL,
      top_p REAL NOT NULL,
      min_p REAL NOT NULL,
      max_tokens INTEGER NOT NULL,
      seed INTEGER NOT NULL,
      origin TEXT NOT NULL,
      words INTEGER NOT NULL,
      created REAL NOT NULL
    );
    CREATE INDEX completions_prompt ON completions (prompt_id);
    CREATE TABLE slates (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      prompt_id INTEGER NOT NULL REFERENCES prompts,
      status TEXT NOT NULL CHECK (status IN
        ('generating', 'ready', 'claimed', 'labelled', 'skipped', 'discarded')),
      actively_chosen INTEGER NOT NULL,
      candidate_count INTEGER NOT NULL,
      reward_version INTEGER REFERENCES versions,
      claimed_by INTEGER REFERENCES labelers,
      claimed_session TEXT,
      claimed_at REAL,
      imported INTEGER NOT NULL DEFAULT 0,
      created REAL NOT NULL,
      finished REAL
    );
    CREATE INDEX slates_status ON slates (status, id);
    CREATE INDEX slates_prompt ON slates (prompt_id);
    CREATE TABLE slate_completions (
      slate_id INTEGER NOT NULL REFERENCES slates,
      position INTEGER NOT NULL,
      completion_id INTEGER NOT NULL REFERENCES completions,
      PRIMARY KEY (slate_id, position)
    ) WITHOUT ROWID;
    CREATE INDEX slate_completions_completion ON slate_completions (completion_id);
    CREATE TABLE slate_progress (
      slate_id INTEGER PRIMARY KEY REFERENCES slates,
      texts TEXT NOT NULL,
      updated REAL NOT NULL
    );
    CREATE TABLE predictions (
      slate_id INTEGER NOT NULL REFERENCES slates,
      version_id INTEGER NOT NULL REFERENCES versions,
      completion_id INTEGER NOT NULL REFERENCES completions,
      head INTEGER NOT NULL,
      score REAL NOT NULL,
      PRIMARY KEY (slate_id, version_id, completion_id, head)
    ) WITHOUT ROWID;
    """

  /// Labels are append-only: triggers allow one change, the retraction, and no deletion.
  /// `submission` is the first label of those submitted together. `ranking_outcomes` holds the
  /// counts that statistics are read from, made from the scores that were there at submission.
  private static let labels = """
    CREATE TABLE labels (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('ranking', 'demonstration', 'skip')),
      labeler_id INTEGER NOT NULL REFERENCES labelers,
      prompt_id INTEGER NOT NULL REFERENCES prompts,
      slate_id INTEGER REFERENCES slates,
      submission INTEGER NOT NULL,
      duration REAL NOT NULL,
      held_out INTEGER NOT NULL,
      imported INTEGER NOT NULL DEFAULT 0,
      created REAL NOT NULL,
      retracted_by INTEGER REFERENCES labelers,
      retracted_at REAL
    );
    CREATE INDEX labels_labeler ON labels (labeler_id, id);
    CREATE INDEX labels_submission ON labels (submission);
    CREATE INDEX labels_slate ON labels (slate_id);
    CREATE INDEX labels_prompt ON labels (prompt_id);
    CREATE TABLE ranking_entries (
      label_id INTEGER NOT NULL REFERENCES labels,
      completion_id INTEGER NOT NULL REFERENCES completions,
      tier INTEGER NOT NULL CHECK (tier >= 1),
      PRIMARY KEY (label_id, completion_id)
    ) WITHOUT ROWID;
    CREATE TABLE ranking_outcomes (
      label_id INTEGER PRIMARY KEY REFERENCES labels,
      pairs INTEGER NOT NULL,
      predicted INTEGER,
      longer INTEGER NOT NULL,
      shorter INTEGER NOT NULL,
      policy_version INTEGER,
      reference_version INTEGER,
      outcome INTEGER
    );
    CREATE TABLE demonstrations (
      label_id INTEGER PRIMARY KEY REFERENCES labels,
      text TEXT NOT NULL,
      edited_from INTEGER REFERENCES completions
    );
    CREATE TABLE skips (
      label_id INTEGER PRIMARY KEY REFERENCES labels,
      reason TEXT NOT NULL
    );
    CREATE TABLE ratings (
      label_id INTEGER NOT NULL REFERENCES labels,
      completion_id INTEGER NOT NULL REFERENCES completions,
      quality INTEGER NOT NULL CHECK (quality BETWEEN 1 AND 7),
      PRIMARY KEY (label_id, completion_id)
    ) WITHOUT ROWID;
    CREATE TABLE flags (
      label_id INTEGER NOT NULL REFERENCES labels,
      completion_id INTEGER NOT NULL REFERENCES completions,
      flag TEXT NOT NULL,
      PRIMARY KEY (label_id, completion_id, flag)
    ) WITHOUT ROWID;
    CREATE TABLE drafts (
      id INTEGER PRIMARY KEY,
      labeler_id INTEGER NOT NULL REFERENCES labelers,
      slate_id INTEGER REFERENCES slates,
      kind TEXT NOT NULL,
      json TEXT NOT NULL,
      updated REAL NOT NULL
    );
    CREATE UNIQUE INDEX drafts_place ON drafts (labeler_id, ifnull(slate_id, 0), kind);
    CREATE INDEX drafts_slate ON drafts (slate_id);

    CREATE TRIGGER labels_stay BEFORE DELETE ON labels BEGIN
      SELECT raise(ABORT, 'labels are append-only');
    END;
    CREATE TRIGGER labels_retracted_once BEFORE UPDATE ON labels
      WHEN old.retracted_at IS NOT NULL OR new.retracted_at IS NULL OR new.retracted_by IS NULL
        OR (old.id, old.kind, old.labeler_id, old.prompt_id, old.slate_id, old.submission,
            old.duration, old.held_out, old.imported, old.created)
          IS NOT (new.id, new.kind, new.labeler_id, new.prompt_id, new.slate_id, new.submission,
            new.duration, new.held_out, new.imported, new.created)
    BEGIN
      SELECT raise(ABORT, 'labels are append-only');
    END;
    CREATE TRIGGER ranking_entries_stay BEFORE DELETE ON ranking_entries BEGIN
      SELECT raise(ABORT, 'labels are append-only');
    END;
    CREATE TRIGGER ranking_entries_fixed BEFORE UPDATE ON ranking_entries BEGIN
      SELECT raise(ABORT, 'labels are append-only');
    END;
    CREATE TRIGGER demonstrations_stay BEFORE DELETE ON demonstrations BEGIN
      SELECT raise(ABORT, 'labels are append-only');
    END;
    CREATE TRIGGER demonstrations_fixed BEFORE UPDATE ON demonstrations BEGIN
      SELECT raise(ABORT, 'labels are append-only');
    END;
    """

  /// `version_labels` holds what a version learnt beyond its parent. `pending_labels` is the queue
  /// of labels that no version of a kind has met yet, published or rejected.
  private static let versions = """
    CREATE TABLE versions (
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('policy', 'reward')),
      parent INTEGER REFERENCES versions,
      path TEXT NOT NULL,
      rejected INTEGER NOT NULL,
      has_files INTEGER NOT NULL DEFAULT 1,
      pinned INTEGER NOT NULL DEFAULT 0,
      base_sha256 TEXT NOT NULL,
      weight_format TEXT NOT NULL,
      program TEXT NOT NULL,
      created REAL NOT NULL
    );
    CREATE INDEX versions_kind ON versions (kind, id);
    CREATE TABLE current_versions (
      kind TEXT PRIMARY KEY CHECK (kind IN ('policy', 'reward')),
      version_id INTEGER NOT NULL REFERENCES versions
    ) WITHOUT ROWID;
    CREATE TABLE version_labels (
      version_id INTEGER NOT NULL REFERENCES versions,
      label_id INTEGER NOT NULL REFERENCES labels,
      PRIMARY KEY (version_id, label_id)
    ) WITHOUT ROWID;
    CREATE INDEX version_labels_label ON version_labels (label_id);
    CREATE TABLE pending_labels (
      kind TEXT NOT NULL CHECK (kind IN ('policy', 'reward')),
      label_id INTEGER NOT NULL REFERENCES labels,
      PRIMARY KEY (kind, label_id)
    ) WITHOUT ROWID;
    CREATE TABLE metrics (
      id INTEGER PRIMARY KEY,
      version_id INTEGER REFERENCES versions,
      name TEXT NOT NULL,
      step INTEGER,
      value REAL NOT NULL,
      created REAL NOT NULL
    );
    CREATE INDEX metrics_version ON metrics (version_id, name);
    CREATE INDEX metrics_name ON metrics (name, id);
    """

  private static let state = """
    CREATE TABLE settings (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE jobs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,
      detail TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
      progress REAL NOT NULL DEFAULT 0,
      remaining REAL,
      attempt INTEGER NOT NULL,
      started REAL NOT NULL,
      updated REAL NOT NULL,
      ended REAL,
      error TEXT
    );
    CREATE INDEX jobs_running ON jobs (id) WHERE state = 'running';
    CREATE TABLE workstations (
      session TEXT PRIMARY KEY,
      labeler_id INTEGER NOT NULL REFERENCES labelers,
      pid INTEGER NOT NULL,
      waiting INTEGER NOT NULL,
      started REAL NOT NULL,
      heartbeat REAL NOT NULL
    ) WITHOUT ROWID;
    """
}
