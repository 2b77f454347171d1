import Testing

@testable import TerminalUI

@Suite struct GeometryTests {
  private let rect = Rect(x: 2, y: 3, width: 10, height: 5)

  @Test func splitsShareTheRectangle() {
    #expect(rect.split(top: 2).top == Rect(x: 2, y: 3, width: 10, height: 2))
    #expect(rect.split(top: 2).rest == Rect(x: 2, y: 5, width: 10, height: 3))
    #expect(rect.split(bottom: 1).bottom == Rect(x: 2, y: 7, width: 10, height: 1))
    #expect(rect.split(bottom: 1).rest == Rect(x: 2, y: 3, width: 10, height: 4))
    #expect(rect.split(left: 4).rest == Rect(x: 6, y: 3, width: 6, height: 5))
    #expect(rect.split(top: 99).rest.isEmpty)
    #expect(rect.split(left: -1).left.isEmpty)
  }

  @Test func pointsAtTheEdges() {
    #expect(rect.contains(Point(x: 2, y: 3)))
    #expect(rect.contains(Point(x: 11, y: 7)))
    #expect(!rect.contains(Point(x: 12, y: 7)))
    #expect(!rect.contains(Point(x: 11, y: 8)))
  }

  @Test func intersections() {
    #expect(
      rect.intersection(Rect(x: 0, y: 0, width: 5, height: 5))
        == Rect(x: 2, y: 3, width: 3, height: 2))
    #expect(rect.intersection(Rect(x: 50, y: 0, width: 5, height: 5)).isEmpty)
    #expect(rect.inset(columns: 1, rows: 2) == Rect(x: 3, y: 5, width: 8, height: 1))
    #expect(rect.inset(columns: 9, rows: 0).isEmpty)
  }

  @Test func theSmallestScreen() {
    #expect(Size(width: 80, height: 24).contains(.minimum))
    #expect(!Size(width: 79, height: 50).contains(.minimum))
    #expect(!Size(width: 200, height: 23).contains(.minimum))
  }

  @Test(arguments: [1, 7, 20, 60])
  func theSentenceForSmallScreensFits(width: Int) {
    let rows = tooSmallView(Size(width: width, height: 90)).rows()
    let words = rows.joined(separator: width > 9 ? " " : "")
    #expect(words.contains(width > 9 ? "everything is kept." : "everyth"))
  }
}
