import Storage

/// What the update wants done outside the model.
enum Effect: Sendable {
  /// Keeps a draft, soon; a later one of the same slate and kind takes its place.
  case save(Draft, slate: Int64)
  /// Puts a label on the disk, then says so and brings the next slate.
  case submit(Submission)
  /// Takes back the last submitted label.
  case undo
  /// Puts a version into use, or keeps its files.
  case change(VersionChange)

  enum Draft: Sendable, Hashable {
    case ranking(RankingDraft)
    case demonstration(DemonstrationDraft)
  }

  /// The effects that can fail on their own.
  enum Kind: Sendable, Hashable {
    case draft, submit, undo, version
  }
}
