import Feedback
import TerminalUI

/// Two completions side by side, the words that the other lacks made to stand out.
struct CompareView {
  let model: WorkstationModel
  let focused: Int64
  let partner: Int64
  let scroll: Int

  /// A word on a row.
  struct Piece: Sendable, Hashable {
    var text: String
    var x: Int
    var isOwn: Bool
  }

  func draw(on surface: inout Surface) {
    let layout = RankLayout(model)
    let area = layout.cardsArea
    surface.fill(area)
    let sides = Self.sides(model, focused, partner)
    let width = Self.columnWidth(model)
    let board = model.work.board
    let other = board.placed.first == partner ? "the best" : "the next"
    let titles = [
      "\(board.letter(of: partner)), \(other)", "\(board.letter(of: focused)), focused",
    ]
    for (side, rows) in sides.enumerated() {
      let x = area.x + 1 + side * (width + 3)
      let own = rows.joined().count { $0.isOwn }
      surface.write(titles[side], x: x, y: area.y, style: .bold)
      let note = "\(count(own, "word")) of its own"
      surface.write(
        note, x: x + width - TextWidth.columns(note), y: area.y, style: Theme.quiet)
      for (index, row) in rows.dropFirst(scroll).prefix(area.height - 1).enumerated() {
        for piece in row {
          surface.write(
            piece.text, x: x + piece.x, y: area.y + 1 + index,
            style: piece.isOwn ? Theme.difference : .plain)
        }
      }
    }
    for y in area.y..<area.maxY {
      surface.write("│", x: area.x + 1 + width + 1, y: y, style: Theme.rule)
    }
  }

  static func columnWidth(_ model: WorkstationModel) -> Int {
    (model.size.width - 5) / 2
  }

  /// The rows of the partner and of the focused completion.
  static func sides(_ model: WorkstationModel, _ focused: Int64, _ partner: Int64) -> [[[Piece]]] {
    let difference = WordDifference(
      sanitized(model.text(of: partner)), sanitized(model.text(of: focused)))
    let width = columnWidth(model)
    return [rows(difference.left, width: width), rows(difference.right, width: width)]
  }

  /// Words laid out in rows; one longer than a row is broken.
  private static func rows(_ runs: [WordDifference.Run], width: Int) -> [[Piece]] {
    var rows: [[Piece]] = [[]]
    var x = 0
    for run in runs {
      if run.text == "\n" {
        rows.append([])
        x = 0
        continue
      }
      for line in WrappedText(run.text, width: width).lines {
        let columns = TextWidth.columns(line.text)
        if x > 0, x + columns > width {
          rows.append([])
          x = 0
        }
        rows[rows.count - 1].append(Piece(text: line.text, x: x, isOwn: run.isOwn))
        x += columns + 1
      }
    }
    return rows
  }
}

extension WorkstationModel {
  /// The last row to which a comparison scrolls.
  var lastComparisonRow: Int {
    guard case .compare(let id, let partner, _) = menu else { return 0 }
    let rows = CompareView.sides(self, id, partner).map(\.count).max() ?? 0
    return max(0, rows - (RankLayout(self).cardsArea.height - 1))
  }
}
