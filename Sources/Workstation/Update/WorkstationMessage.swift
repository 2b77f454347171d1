import Feedback
import Storage
import TerminalUI

/// What changes the model.
enum WorkstationMessage: Sendable {
  /// Something from the terminal, and when, in seconds of a clock that only goes forward.
  case terminal(TerminalEvent, at: Double)
  /// A slate to work on, or why there is none.
  case desk(Desk, Drafts)
  /// A submitted label is on the disk.
  case submitted(Submission, Reveal?)
  case undone(Undone?)
  /// A version is in use, pinned or no longer.
  case changed(VersionChange)
  /// An effect failed: one sentence.
  case failed(Effect.Kind, String)
  case draftSaved
  case status(WorkspaceStatus)
  /// What stands in the way of the program's work; nil when it is over.
  case trouble(String?)
}
