import Feedback
import GRDB

/// A slate, or a prompt alone, with its label, as it comes from a file.
///
/// Completions are named by their index in `completions`.
public struct ImportedLabel: Sendable {
  public var prompt: NewPrompt
  /// In display order; empty for a demonstration of a prompt alone.
  public var completions: [NewCompletion]
  public var activelyChosen: Bool
  public var labeler: String
  /// Tiers of indices, best first; nil without a ranking.
  public var tiers: [[Int]]?
  public var demonstration: String?
  /// The completion that was edited into the demonstration.
  public var editedFrom: Int?
  public var skip: String?
  public var quality: [Int: Int]
  public var flags: [Int: Set<Flag>]
  public var duration: Double
  /// Seconds since 1970; nil is now.
  public var created: Double?

  public init(
    prompt: NewPrompt, completions: [NewCompletion] = [], activelyChosen: Bool = false,
    labeler: String, tiers: [[Int]]? = nil, demonstration: String? = nil, editedFrom: Int? = nil,
    skip: String? = nil, quality: [Int: Int] = [:], flags: [Int: Set<Flag>] = [:],
    duration: Double = 0, created: Double? = nil
  ) {
    self.prompt = prompt
    self.completions = completions
    self.activelyChosen = activelyChosen
    self.labeler = labeler
    self.tiers = tiers
    self.demonstration = demonstration
    self.editedFrom = editedFrom
    self.skip = skip
    self.quality = quality
    self.flags = flags
    self.duration = duration
    self.created = created
  }
}

extension Workspace {
  /// Imports labels, all of them or none. Models learn from them; figures about this workspace's
  /// models leave them out. Prompts that come with them do not join the pool: ``addPrompts(_:)``
  /// puts them there.
  ///
  /// - Parameter describe: names the record of an index for the error's sentence, such as its file
  ///   and line.
  /// - Returns: the labels' ids, one list per record.
  @discardableResult
  public func importLabels(
    _ records: [ImportedLabel], describe: (Int) -> String = { "record \($0 + 1)" }
  ) throws(StorageError) -> [[Int64]] {
    try write { db in
      try records.enumerated().map { index, record in
        do {
          return try insert(record, db)
        } catch let error as StorageError {
          throw StorageError("\(describe(index)): \(error)")
        }
      }
    }
  }

  private func insert(_ record: ImportedLabel, _ db: Database) throws -> [Int64] {
    let prompt = try insert(record.prompt, isPooled: false, db).id
    var slate: Int64?
    var ids: [Int64] = []
    if !record.completions.isEmpty {
      guard (2...9).contains(record.completions.count) else {
        throw StorageError("a slate has 2 to 9 completions, not \(record.completions.count)")
      }
      let id = try insertSlate(
        prompt: prompt, activelyChosen: record.activelyChosen, count: record.completions.count,
        status: record.skip == nil ? .labelled : .skipped, imported: true, created: record.created,
        db)
      ids = try fill(
        slate: id, prompt: prompt, completions: record.completions,
        displayOrder: Array(record.completions.indices), db)
      slate = id
    }
    func completion(_ index: Int) throws -> Int64 {
      guard ids.indices.contains(index) else {
        throw StorageError("there is no completion \(index) among \(ids.count)")
      }
      return ids[index]
    }
    var submission = Submission(
      slate: slate, prompt: prompt, labeler: record.labeler, contents: [],
      duration: record.duration)
    if let tiers = record.tiers {
      let tiers = try tiers.map { try $0.map(completion) }
      do {
        submission.contents.append(.ranking(try Ranking(tiers: tiers, of: ids)))
      } catch {
        throw StorageError("\(error)")
      }
    }
    if let text = record.demonstration {
      let original = try record.editedFrom.map(completion)
      submission.contents.append(.demonstration(Demonstration(text: text, editedFrom: original)))
    }
    if let reason = record.skip { submission.contents.append(.skip(reason: reason)) }
    for (index, quality) in record.quality { submission.quality[try completion(index)] = quality }
    for (index, flags) in record.flags { submission.flags[try completion(index)] = flags }
    try check(submission, completions: Set(ids))
    return try insertLabels(
      submission, labeler: labelerID(record.labeler, db), imported: true, created: record.created,
      db)
  }
}
