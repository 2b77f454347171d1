import Feedback
import TerminalUI

/// Where everything of the ranking screen is: the views draw by it and the mouse is read by it.
struct RankLayout {
  /// A card and the part of its text that is in view.
  struct Card: Sendable, Hashable {
    var id: Int64
    var letter: String
    var digit: Int?
    /// Flags and quality in words; empty if there are none.
    var notes: String
    var lines: [String]
    var isFocused: Bool
    var area = Rect(x: 0, y: 0, width: 0, height: 0)
    /// The first line in view.
    var scroll = 0

    /// The rows that the whole card would take.
    var naturalHeight: Int { lines.count + (notes.isEmpty ? 0 : 1) }
    /// The rows of text in view.
    var textRows: Int {
      notes.isEmpty || area.height <= 1 ? area.height : min(lines.count, area.height - 1)
    }
    var hiddenBelow: Int { max(0, lines.count - scroll - textRows) }
  }

  /// Columns left of a card's text: marker, tier, letter.
  static let gutter = 8
  /// Longer rows are hard to read.
  static let longestRow = 110

  let prompt: Prompt?
  var headerRow: Int
  var promptLines: [String] = []
  var promptArea: Rect
  var promptScroll = 0
  var cardsArea: Rect
  var cards: [Card] = []
  /// The row that divides placed cards from the others.
  var dividerRow: Int?
  var placedCount = 0

  init(_ model: WorkstationModel) {
    let page = model.pageArea
    headerRow = page.y
    prompt = model.desk.prompt
    let width = min(page.width - 2, Self.longestRow + Self.gutter)
    if let prompt { promptLines = wrapped(prompt.text, width: width) }
    // A long prompt leaves a row for every card, and one for the divider.
    let rest = page.height - 3 - (model.desk.slate?.completions.count ?? 0)
    let most = max(1, min(max(3, page.height / 3), rest))
    let promptRows = min(promptLines.count, most)
    promptArea = Rect(x: 1, y: page.y + 1, width: page.width - 2, height: promptRows)
    promptScroll = min(model.work.promptScroll, max(0, promptLines.count - promptRows))
    let top = promptArea.maxY + 1
    cardsArea = Rect(x: 0, y: top, width: page.width, height: page.maxY - top)
    cards = Self.cards(of: model, width: min(page.width - Self.gutter - 1, Self.longestRow))
    placedCount = model.desk.slate == nil ? 0 : model.work.board.placed.count
    placeCards(model)
  }

  private static func cards(of model: WorkstationModel, width: Int) -> [Card] {
    switch model.desk {
    case .empty: return []
    case .growing(let slate):
      return (0..<slate.count).map { index in
        let text = slate.texts.indices.contains(index) ? slate.texts[index] : ""
        return Card(
          id: Int64(-1 - index), letter: "…", notes: "",
          lines: text.isEmpty ? [""] : wrapped(text, width: width), isFocused: false)
      }
    case .ready:
      let board = model.work.board
      return board.order.map { id in
        let text = model.text(of: id)
        return Card(
          id: id, letter: String(board.letter(of: id)), digit: board.digits[id],
          notes: notes(of: id, model.work),
          lines: text.allSatisfy(\.isWhitespace) ? ["(empty)"] : wrapped(text, width: width),
          isFocused: id == board.focus)
      }
    }
  }

  private static func notes(of id: Int64, _ work: Work) -> String {
    var parts: [String] = []
    if let quality = work.quality[id] { parts.append("quality \(quality) of 7") }
    let flags = work.flags[id] ?? []
    parts += Flag.allCases.filter(flags.contains).map(\.title)
    return parts.joined(separator: " · ")
  }

  /// Gives every card its rows: all of them if they fit; else the focused one what it needs, and
  /// the others an equal part of the rest, at least one row each.
  private mutating func placeCards(_ model: WorkstationModel) {
    let hasDivider = placedCount > 0 && placedCount < cards.count
    let room = cardsArea.height - (hasDivider ? 1 : 0)
    let heights = Self.heights(
      natural: cards.map(\.naturalHeight), focus: cards.firstIndex(where: \.isFocused), room: room)
    let used = heights.reduce(0, +)
    let gap = used + cards.count - 1 <= room && cards.count > 1 ? 1 : 0
    var y = cardsArea.y
    for index in cards.indices {
      if hasDivider, index == placedCount {
        dividerRow = y
        y += 1
      }
      cards[index].area = Rect(
        x: 0, y: y, width: cardsArea.width, height: min(heights[index], cardsArea.maxY - y))
      let last = max(0, cards[index].lines.count - cards[index].textRows)
      cards[index].scroll =
        cards[index].isFocused ? min(model.work.scroll[cards[index].id, default: 0], last) : 0
      y += heights[index]
      // The divider takes the place of the space between cards.
      if !(hasDivider && index + 1 == placedCount) { y += gap }
    }
  }

  static func heights(natural: [Int], focus: Int?, room: Int) -> [Int] {
    guard natural.reduce(0, +) > room else { return natural }
    var heights = natural.map { min($0, 1) }
    var left = max(0, room - heights.reduce(0, +))
    if let focus {
      // The others keep a second row as long as the focused card has four.
      let others = natural.indices.filter { $0 != focus && natural[$0] > 1 }.count
      let taken = min(natural[focus] - 1, max(left - others, 3), left)
      heights[focus] += taken
      left -= taken
    }
    while left > 0 {
      let growing = natural.indices.filter { heights[$0] < natural[$0] }
      guard let least = growing.map({ heights[$0] }).min() else { break }
      for index in growing where heights[index] == least && left > 0 {
        heights[index] += 1
        left -= 1
      }
    }
    return heights
  }

  // MARK: The mouse

  func card(at point: Point) -> Card? {
    cards.first { $0.area.contains(point) }
  }

  /// What letting a card go at a point means; nil if nothing.
  func drop(of id: Int64, at point: Point) -> RankingBoard.Drop? {
    guard let own = cards.firstIndex(where: { $0.id == id }) else { return nil }
    if let divider = dividerRow, point.y == divider { return .gap(placedCount) }
    for (index, card) in cards.enumerated() where point.y < card.area.maxY {
      if index < placedCount {
        let isUpper = 2 * (point.y - card.area.y) < card.area.height
        return .gap(isUpper ? index : index + 1)
      }
      if own < placedCount { return .unplaced }
      return index < own ? .gap(placedCount) : nil
    }
    return own < placedCount && placedCount < cards.count
      ? .unplaced : own < placedCount ? .gap(placedCount) : nil
  }

  /// The row in front of which a dragged card would come.
  func row(of drop: RankingBoard.Drop) -> Int? {
    switch drop {
    case .unplaced: dividerRow.map { $0 + 1 }
    case .gap(let gap):
      gap < cards.count && gap < placedCount
        ? cards[gap].area.y : dividerRow ?? (placedCount == 0 ? cardsArea.y : cards.last?.area.maxY)
    }
  }
}

/// The rows of a text that came from outside, without the blank ones at its end.
func wrapped(_ text: String, width: Int) -> [String] {
  var text = sanitized(text)[...]
  while let last = text.last, last.isWhitespace { text.removeLast() }
  return WrappedText(String(text), width: width).lines.map(\.text)
}
