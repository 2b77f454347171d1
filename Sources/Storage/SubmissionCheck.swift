import Feedback

extension Workspace {
  /// Refuses a submission whose contents do not fit its slate.
  func check(_ submission: Submission, completions: Set<Int64>) throws(StorageError) {
    let kinds = submission.contents.map(\.kind)
    guard !kinds.isEmpty else {
      throw StorageError("nothing was submitted: rank the completions, write one, or skip")
    }
    guard Set(kinds).count == kinds.count, kinds.count == 1 || !kinds.contains(.skip) else {
      throw StorageError(
        "a submission has one ranking, one demonstration, or both, or one skip alone")
    }
    for content in submission.contents {
      switch content {
      case .ranking(let ranking): try check(ranking, submission, completions)
      case .demonstration(let demonstration):
        try check(demonstration, submission, completions)
      case .skip:
        guard submission.slate != nil else {
          throw StorageError("a skip needs the slate that is skipped")
        }
      }
    }
    for (completion, quality) in submission.quality {
      try check(completion, submission, completions)
      guard (1...7).contains(quality) else {
        throw StorageError("quality goes from 1 to 7: \(quality) is no quality")
      }
    }
    for completion in submission.flags.keys { try check(completion, submission, completions) }
  }

  private func check(
    _ ranking: Ranking, _ submission: Submission, _ completions: Set<Int64>
  ) throws(StorageError) {
    guard let slate = submission.slate else {
      throw StorageError("a ranking needs the slate that is ranked")
    }
    do {
      _ = try Ranking(tiers: ranking.tiers, of: completions)
    } catch {
      throw StorageError("slate \(slate) was not ranked: \(error)")
    }
  }

  private func check(
    _ demonstration: Demonstration, _ submission: Submission, _ completions: Set<Int64>
  ) throws(StorageError) {
    guard !demonstration.text.allSatisfy(\.isWhitespace) else {
      throw StorageError("the demonstration is empty: write something first")
    }
    if let original = demonstration.editedFrom { try check(original, submission, completions) }
  }

  private func check(
    _ completion: Int64, _ submission: Submission, _ completions: Set<Int64>
  ) throws(StorageError) {
    guard completions.contains(completion) else {
      let slate = submission.slate.map { "slate \($0)" } ?? "the submission"
      throw StorageError("\(slate) has no completion \(completion)")
    }
  }
}
