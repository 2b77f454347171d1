import Feedback
import TerminalUI

/// A small menu over the ranking screen.
enum Menu: Sendable, Hashable {
  /// Flags of a completion; the row with the cursor.
  case flags(of: Int64, row: Int)
  /// Waits for a digit from 1 to 7.
  case quality(of: Int64)
  /// Why the slate is skipped; the row with the cursor.
  case skip(row: Int)
  /// The reason for skipping, in the labeler's words.
  case skipReason(TextEditor)
  /// The word-level difference between a completion and the best one; the first row shown.
  case compare(Int64, with: Int64, scroll: Int)
}

/// Reasons for skipping that take one key.
enum SkipReason: String, CaseIterable, Sendable {
  case unclearPrompt = "the prompt is unclear"
  case cannotJudge = "I cannot judge this"
  case allBad = "every candidate is too bad to rank"
  case sensitive = "the prompt is harmful or private"
  case tooLong = "too long to read"
}
