import TestSupport
import Testing

@testable import TerminalUI

@Suite struct LinePlotTests {
  private func plot(_ values: [Double?], _ depth: ColorDepth) -> Surface {
    var surface = Surface(size: Size(width: 20, height: 5))
    LinePlot(
      values: values, range: 0...100, ticks: [(100, "100"), (50, "50"), (0, "0")],
      ends: ("label 1", "84")
    ).draw(in: surface.bounds, of: &surface, depth: depth, style: .bold)
    return surface
  }

  @Test(arguments: [
    (ColorDepth.indexed256, "plot-braille"), (.eight, "plot-blocks"), (.monochrome, "plot-ascii"),
  ])
  func aRisingLine(depth: ColorDepth, name: String) {
    assertSnapshot(plot([0, 25, 30, 80, 100], depth).snapshot(), named: name)
  }

  @Test func gapsStayEmpty() {
    let surface = plot([50, nil, 50], .monochrome)
    let marks = surface.rows().joined().filter { $0 == "*" }
    #expect(marks.count == 2)
  }

  @Test func oddInputDrawsInsideItsRectangle() {
    for values in [[], [nil], [5], [.nan, .infinity, -1e9, 1e9]] as [[Double?]] {
      for width in 0...8 {
        for height in 0...4 {
          var surface = Surface(size: Size(width: 12, height: 8))
          let rect = Rect(x: 2, y: 2, width: width, height: height)
          LinePlot(values: values, range: 3...3, ticks: [(3, "3")], ends: ("a", "b"))
            .draw(in: rect, of: &surface, depth: .indexed256)
          for y in 0..<8 {
            for x in 0..<12 where !rect.contains(Point(x: x, y: y)) {
              #expect(surface[x, y] == .blank, "\(values) \(width)x\(height) at \(x) \(y)")
            }
          }
        }
      }
    }
  }
}

@Suite struct ProgressBarTests {
  @Test(arguments: [
    (0.0, "░░░░"), (0.01, "▓░░░"), (0.5, "▓▓░░"), (0.99, "▓▓▓░"), (1, "▓▓▓▓"), (7, "▓▓▓▓"),
    (-1, "░░░░"), (.nan, "░░░░"),
  ])
  func fullOnlyAtTheEnd(share: Double, text: String) {
    #expect(ProgressBar.text(share, width: 4) == text)
  }

  @Test func noWidthIsNoBar() {
    #expect(ProgressBar.text(0.5, width: 0) == "")
    #expect(ProgressBar.text(1, width: 1) == "▓")
  }
}
