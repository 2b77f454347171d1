import Feedback
import TerminalUI

/// What a labeler has done with the slate on the desk and not submitted yet.
struct Work: Sendable, Hashable {
  var board: RankingBoard
  var writing = Writing()
  /// Overall quality, 1 to 7.
  var quality: [Int64: Int] = [:]
  var flags: [Int64: Set<Flag>] = [:]
  /// The first row shown of a card.
  var scroll: [Int64: Int] = [:]
  /// The first row shown of the prompt.
  var promptScroll = 0
  /// Seconds spent on it, suspension left out.
  var elapsed = 0.0

  init(completions: [Int64] = []) {
    board = RankingBoard(completions: completions)
  }
}

/// A demonstration that is being written.
struct Writing: Sendable, Hashable {
  /// How far the text is on its way to the disk.
  enum Saving: Sendable, Hashable {
    case untouched, pending, saved
  }

  var editor = TextEditor()
  /// The completion it started from.
  var editedFrom: Int64?
  /// The text it started with: as long as it is unchanged there is nothing to submit.
  var start = ""
  var saving = Saving.untouched

  /// The demonstration, when there is one: some text that is not just a candidate.
  var demonstration: Demonstration? {
    let text = editor.text
    guard text.contains(where: { !$0.isWhitespace }), text != start else { return nil }
    return Demonstration(text: text, editedFrom: editedFrom)
  }

  /// Puts a candidate's text, or nothing, into the editor; its undo brings the old text back.
  mutating func start(from text: String, of completion: Int64?) {
    editor.replaceAll(with: text)
    start = editor.text
    editedFrom = completion
  }
}
