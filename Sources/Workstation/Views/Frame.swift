import TerminalUI

/// What every screen has around it: tabs above; below, messages when there are any, the keys, and
/// what the trainer does.
extension WorkstationModel {
  /// The rows of the message that is shown until the next key, and of trouble too long for the
  /// status line.
  var noticeLines: [(text: String, style: Style)] {
    let width = max(1, size.width - 2)
    var lines: [(text: String, style: Style)] = []
    if let trouble, TextWidth.columns(trouble) > width {
      lines += WrappedText(trouble, width: width).lines.map { ($0.text, Theme.failure) }
    }
    if let notice {
      lines += WrappedText(notice.text, width: width).lines.map {
        ($0.text, Theme.notice(notice.kind))
      }
    }
    return Array(lines.prefix(5))
  }

  /// The part of the screen that is the current screen's own.
  var pageArea: Rect {
    let top = 2
    return Rect(
      x: 0, y: top, width: size.width, height: size.height - top - 3 - noticeLines.count)
  }

  /// The tabs and where they are.
  var tabs: [(screen: Screen, text: String, area: Rect)] {
    var x = 0
    return screens.map { screen in
      let text = screen == self.screen ? "[\(screen.title)]" : " \(screen.title) "
      let area = Rect(x: x, y: 0, width: text.count, height: 1)
      x += text.count + 1
      return (screen, text, area)
    }
  }
}

/// Draws the frame.
struct FrameView {
  let model: WorkstationModel

  func draw(on surface: inout Surface) {
    let size = surface.size
    drawTabs(on: &surface)
    rule(y: 1, on: &surface)
    let page = model.pageArea
    for (index, line) in model.noticeLines.enumerated() {
      surface.write(line.text, x: 1, y: page.maxY + index, style: line.style)
    }
    rule(y: size.height - 3, on: &surface)
    KeysLine(model: model).draw(y: size.height - 2, on: &surface)
    StatusLine(model: model).draw(y: size.height - 1, on: &surface)
  }

  private func drawTabs(on surface: inout Surface) {
    for tab in model.tabs {
      let style = tab.screen == model.screen ? Theme.selectedTab : .plain
      surface.write(tab.text, x: tab.area.x, y: 0, style: style)
    }
    let room = surface.size.width - (model.tabs.last?.area.maxX ?? 0) - 3
    var parts = [model.labeler, count(model.status.ownLabels, "label")]
    if let pace = model.labelsPerHour { parts.append("\(pace) an hour") }
    if model.saving != nil { parts = [model.labeler, "saving"] }
    while parts.count > 1, TextWidth.columns(parts.joined(separator: " · ")) > room {
      parts.removeFirst()
    }
    let text = parts.joined(separator: " · ")
    surface.write(
      text, x: surface.size.width - 1 - TextWidth.columns(text), y: 0, style: Theme.quiet)
  }
}

/// A line across the screen.
func rule(y: Int, on surface: inout Surface) {
  surface.fill(
    Rect(x: 0, y: y, width: surface.size.width, height: 1), style: Theme.rule, with: "─")
}

/// Text cut to a width, with `…` where something is missing.
func truncated(_ text: String, to width: Int) -> String {
  if TextWidth.columns(text) <= width { return text }
  guard width > 1 else { return "" }
  var result = ""
  var columns = 0
  for character in text {
    columns += TextWidth.columns(character)
    if columns > width - 1 { break }
    result.append(character)
  }
  return result + "…"
}
