import Feedback
import TerminalUI
import TestSupport
import Testing

@testable import Workstation

/// The mouse on the ranking screen.
@Suite struct MouseTests {
  /// Presses on the card of a letter and lets go at a row.
  private func drag(_ robot: Robot, _ letter: String, to row: Int) {
    let from = self.row(robot, letter)
    robot.event(.mouse(.press(Point(x: 20, y: from), .left)))
    robot.event(.mouse(.drag(Point(x: 20, y: row))))
    robot.event(.mouse(.release(Point(x: 20, y: row))))
  }

  private func row(_ robot: Robot, _ letter: String) -> Int {
    RankLayout(robot.model).cards.first { $0.letter == letter }?.area.y ?? -1
  }

  private let short = Slate.make(["first text", "second text", "third text", "fourth text"])

  @Test func aClickFocuses() {
    let robot = Robot(desk: .ready(short))
    let point = Point(x: 12, y: row(robot, "C"))
    robot.event(.mouse(.press(point, .left))).event(.mouse(.release(point)))
    #expect(robot.focus == "C")
    #expect(robot.cards == "·A ·B ·C ·D")
  }

  @Test func draggingUpPlacesACard() {
    let robot = Robot(desk: .ready(short))
    drag(robot, "C", to: row(robot, "A"))
    #expect(robot.cards == "1C ·A ·B ·D")
    drag(robot, "B", to: row(robot, "C") + 1)
    #expect(robot.cards == "1C 2B ·A ·D")
  }

  @Test func draggingReorders() {
    let robot = Robot(desk: .ready(short)).press("1 2 3 4")
    drag(robot, "D", to: row(robot, "A"))
    #expect(robot.cards == "1D 2A 3B 4C")
    drag(robot, "D", to: row(robot, "C") + 5)
    #expect(robot.cards == "1A 2B 3C 4D")
  }

  @Test func droppedInsideATieACardJoinsIt() {
    let robot = Robot(desk: .ready(short)).press("1 1 2 3")
    drag(robot, "D", to: row(robot, "B"))
    #expect(robot.cards == "1A 1B 1D 2C")
  }

  @Test func droppedBelowTheLineACardLosesItsPlace() {
    let robot = Robot(desk: .ready(short)).press("1 2")
    drag(robot, "A", to: row(robot, "D"))
    #expect(robot.cards == "2B ·A ·C ·D")
  }

  @Test func theDropPlaceIsShown() {
    let robot = Robot(desk: .ready(short)).press("1 2 3 4")
    robot.event(.mouse(.press(Point(x: 20, y: row(robot, "D")), .left)))
    robot.event(.mouse(.drag(Point(x: 20, y: row(robot, "A")))))
    #expect(robot.rows[row(robot, "A")].hasPrefix("▶"))
    robot.press("escape")
    #expect(!robot.text.contains("▶"))
    #expect(robot.cards == "1A 2B 3C 4D")
  }

  @Test func theWheelScrollsTheCardUnderIt() {
    let long = (1...60).map { "line \($0)" }.joined(separator: "\n")
    let robot = Robot(desk: .ready(.make([long, "b", "c"])))
    robot.event(.mouse(.scroll(Point(x: 20, y: row(robot, "A")), up: false)))
    #expect(robot.row(of: "line 4") == row(robot, "A"))
  }

  @Test func tabsAreClicked() {
    let robot = Robot()
    robot.event(
      .mouse(
        .press(
          Point(x: robot.rows[0].firstIndex(of: "L")!.utf16Offset(in: robot.rows[0]), y: 0), .left))
    )
    #expect(robot.model.screen == .learning)
  }
}
