import Feedback
import TerminalUI

/// The writing screen.
extension WorkstationModel {
  mutating func write(_ key: KeyPress, confirmed: Set<Confirmation>) -> [Effect] {
    if saving != nil { return [] }
    switch WriteAction.keys.action(for: key) {
    case .back:
      show(.rank)
      return []
    case .submit: return submitDemonstration(confirmed: confirmed)
    case .nextStart: return startFromNextCandidate()
    case .promptUp, .promptDown:
      scrollPrompt(by: WriteAction.keys.action(for: key) == .promptUp ? -1 : 1)
      return []
    case nil: break
    }
    guard desk.slateID != nil else {
      refuse("There is no prompt to answer yet.")
      return []
    }
    if case .character(let character) = key.key, key.modifiers == .alt,
      let digit = character.wholeNumberValue, digit > 0
    {
      return startFromCandidate(at: digit - 1)
    }
    let before = work.writing.editor.text
    work.writing.editor.handle(key)
    return work.writing.editor.text == before ? [] : writingChanged()
  }

  /// `w`: the editor, with the draft if there is one.
  mutating func startWriting() -> [Effect] {
    show(.write)
    // A candidate that was opened and left as it was is no draft.
    guard work.writing.demonstration == nil, !work.writing.editor.isEmpty else { return [] }
    work.writing.start(from: "", of: nil)
    return writingChanged()
  }

  /// `e`: the editor with a candidate's text, unless there is a draft.
  mutating func startEditing(_ completion: Int64) -> [Effect] {
    show(.write)
    if work.writing.demonstration != nil {
      if work.writing.editedFrom != completion {
        let letter = work.board.letter(of: completion)
        let number = (work.board.completions.firstIndex(of: completion) ?? 0) + 1
        say("Here is the draft you had; alt-\(number) starts from \(letter) instead.")
      }
      return []
    }
    work.writing.start(from: text(of: completion), of: completion)
    return writingChanged()
  }

  /// The next candidate as the text to start from, and nothing after the last.
  private mutating func startFromNextCandidate() -> [Effect] {
    let completions = work.board.completions
    let next =
      work.writing.editedFrom.flatMap { completions.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
    guard next < completions.count || work.writing.editedFrom == nil else {
      work.writing.start(from: "", of: nil)
      say("An empty page. ctrl-_ brings the text back.")
      return writingChanged()
    }
    return startFromCandidate(at: next)
  }

  private mutating func startFromCandidate(at index: Int) -> [Effect] {
    guard let slate = desk.slate, slate.completions.indices.contains(index) else {
      refuse(
        desk.slate == nil
          ? "The candidates are still being written."
          : "There are \(desk.slate!.completions.count) candidates to start from.")
      return []
    }
    let completion = slate.completions[index]
    let hadDraft = work.writing.demonstration != nil
    work.writing.start(from: completion.text, of: completion.id)
    let undo = hadDraft ? " ctrl-_ brings your text back." : ""
    say("Starting from \(Slate.letter(at: index)).\(undo)")
    return writingChanged()
  }

  mutating func writingChanged() -> [Effect] {
    if work.writing.editor.isEmpty { work.writing.editedFrom = nil }
    work.writing.saving = .pending
    return [saveWritingDraft()].compactMap(\.self)
  }

  func saveWritingDraft() -> Effect? {
    desk.slateID.map { .save(.demonstration(DemonstrationDraft(work.writing)), slate: $0) }
  }

  /// Tells the editor how large its part of the screen is.
  mutating func fitEditor() {
    work.writing.editor.viewport = WriteLayout(self).editorArea.size
  }
}
