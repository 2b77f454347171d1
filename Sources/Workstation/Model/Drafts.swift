import Feedback
import Foundation
import TerminalUI

/// What of the work on a slate outlives the program, as it is typed.
struct Drafts: Sendable, Hashable {
  var ranking: RankingDraft?
  var demonstration: DemonstrationDraft?
}

/// The places, ratings and flags given so far.
struct RankingDraft: Codable, Sendable, Hashable {
  static let kind = "ranking"

  var tiers: [Int64: Int]
  var quality: [Int64: Int]
  var flags: [Int64: Set<Flag>]
  var elapsed: Double

  init(_ work: Work) {
    tiers = work.board.digits
    quality = work.quality
    flags = work.flags
    elapsed = work.elapsed
  }
}

/// The text in the editor.
struct DemonstrationDraft: Codable, Sendable, Hashable {
  static let kind = "demonstration"

  var text: String
  var start: String
  var editedFrom: Int64?

  init(_ writing: Writing) {
    text = writing.editor.text
    start = writing.start
    editedFrom = writing.editedFrom
  }
}

extension Work {
  /// Takes up what was left by an earlier run.
  mutating func restore(_ drafts: Drafts) {
    if let draft = drafts.ranking {
      board.restore(draft.tiers)
      quality = draft.quality.filter { board.completions.contains($0.key) }
      flags = draft.flags.filter { board.completions.contains($0.key) }
      elapsed = draft.elapsed
    }
    if let draft = drafts.demonstration {
      writing.editor = TextEditor(draft.text, viewport: writing.editor.viewport)
      writing.start = draft.start
      writing.editedFrom = draft.editedFrom
      writing.saving = .saved
    }
  }
}

/// The JSON of a draft, keys sorted, so that equal drafts are equal text.
func draftJSON(_ draft: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  return String(decoding: try encoder.encode(draft), as: UTF8.self)
}
