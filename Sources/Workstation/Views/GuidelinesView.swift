import TerminalUI

/// The labeling guidelines, a Markdown file, as text with its headings in bold.
struct GuidelinesView {
  let text: String
  let width: Int

  func content() -> Surface {
    let columns = min(width - 4, 90)
    var rows: [(text: String, x: Int, style: Style)] = []
    for paragraph in paragraphs {
      if paragraph.hasPrefix("#") {
        let title = paragraph.drop { $0 == "#" || $0 == " " }
        rows.append((String(title), 1, Theme.heading))
        continue
      }
      let bullet = ["- ", "* "].contains { paragraph.hasPrefix($0) }
      let body = bullet ? String(paragraph.dropFirst(2)) : paragraph
      let indent = bullet ? 4 : 2
      for (index, line) in WrappedText(plain(body), width: columns - indent).lines.enumerated() {
        rows.append(
          (
            bullet && index == 0 ? "· " + line.text : line.text,
            bullet && index == 0 ? indent - 2 : indent, .plain
          ))
      }
    }
    var surface = Surface(size: Size(width: width, height: rows.count))
    for (y, row) in rows.enumerated() { surface.write(row.text, x: row.x, y: y, style: row.style) }
    return surface
  }

  /// Lines that belong together joined, blank ones kept.
  private var paragraphs: [String] {
    var result: [String] = []
    var joins = false
    for line in sanitized(text).split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.drop { $0 == " " }
      let starts =
        words.isEmpty || words.hasPrefix("#") || words.hasPrefix("|")
        || ["- ", "* "].contains { words.hasPrefix($0) } || words.first?.isNumber == true
      if joins, !starts {
        result[result.count - 1] += " " + words
      } else {
        result.append(String(words))
      }
      joins = !words.isEmpty && !words.hasPrefix("#")
    }
    return result
  }

  /// Without the marks of emphasis and code.
  private func plain(_ text: String) -> String {
    text.replacing("**", with: "").replacing("`", with: "")
  }
}
