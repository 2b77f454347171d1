import Feedback
import TerminalUI

/// Where the parts of the writing screen are.
struct WriteLayout {
  let ranking: RankLayout
  let editorArea: Rect
  let statusRow: Int

  init(_ model: WorkstationModel) {
    ranking = RankLayout(model)
    let page = model.pageArea
    let top = ranking.cardsArea.y
    statusRow = page.maxY - 1
    editorArea = Rect(
      x: 2, y: top, width: min(page.width - 4, RankLayout.longestRow),
      height: max(1, statusRow - 1 - top))
  }
}

/// The writing screen: the prompt, and an editor for the answer the labeler would want.
struct WriteView {
  let model: WorkstationModel

  func draw(on surface: inout Surface) {
    let layout = WriteLayout(model)
    guard layout.ranking.prompt != nil else {
      RankView(model: model).draw(on: &surface)
      return
    }
    PromptView(layout: layout.ranking, scrollKeys: "alt-↑ alt-↓").draw(on: &surface)
    let writing = model.work.writing
    writing.editor.draw(in: layout.editorArea, of: &surface)
    if writing.editor.isEmpty {
      let hint = "Write the answer you would want, or start from a candidate with ctrl-o."
      surface.write(hint, x: layout.editorArea.x, y: layout.editorArea.y, style: Theme.quiet)
    }
    drawStatus(layout, writing, on: &surface)
  }

  private func drawStatus(_ layout: WriteLayout, _ writing: Writing, on surface: inout Surface) {
    let whole = writing.editor.layout(
      width: layout.editorArea.width, height: layout.editorArea.height)
    var parts = [count(writing.editor.wordCount, "word")]
    if let origin = writing.editedFrom, let slate = model.desk.slate,
      let index = slate.completions.firstIndex(where: { $0.id == origin })
    {
      parts.append("started from \(Slate.letter(at: index))")
    }
    if whole.rowCount > layout.editorArea.height {
      let last = whole.firstRow + whole.rows.count
      parts.append("lines \(whole.firstRow + 1)–\(last) of \(whole.rowCount)")
    }
    surface.write(parts.joined(separator: " · "), x: 2, y: layout.statusRow, style: Theme.quiet)
    let saving =
      switch writing.saving {
      case .untouched: ""
      case .pending: "saving the draft"
      case .saved: "draft saved"
      }
    surface.write(
      saving, x: surface.size.width - 2 - saving.count, y: layout.statusRow, style: Theme.quiet)
  }
}
