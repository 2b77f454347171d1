import Feedback
import TerminalUI
import TestSupport
import Testing

@testable import Workstation

/// Every screen at two sizes, as text.
@Suite struct SnapshotTests {
  static let sizes = [Size.minimum, Size(width: 120, height: 40)]

  private func robot(_ size: Size, desk: Desk? = .ready(.moon)) -> Robot {
    Robot(
      size: size, desk: desk, guidelines: "# Guidelines\n\nTruthful before helpful.\n\n- Use `=`."
    )
    .send(.status(.busy))
  }

  private func check(_ robot: Robot, _ name: String) {
    assertSnapshot(
      robot.text, named: "\(name)-\(robot.model.size.width)x\(robot.model.size.height)")
  }

  @Test(arguments: sizes) func untouchedRanking(size: Size) {
    check(robot(size), "rank-untouched")
  }

  @Test(arguments: sizes) func partialRanking(size: Size) {
    check(robot(size).press("1 down 2"), "rank-partial")
  }

  @Test(arguments: sizes) func completeRankingWithTieAndFlags(size: Size) {
    check(robot(size).press("1 2 2 4 home f c escape r 6"), "rank-complete")
  }

  @Test(arguments: sizes) func reveal(size: Size) {
    let robot = robot(size).press("1 3 2 3 enter")
    let reveal = Reveal(
      slate: .moon, ranking: try? robot.model.work.board.ranking(),
      scores: [11: 0.1, 12: -1, 13: 1.5, 14: 0.2])
    robot.send(.submitted(robot.submissions[0], reveal))
    robot.send(
      .desk(.ready(.make(["One.", "Two.", "Three."], prompt: "Count to three.")), Drafts()))
    check(robot, "rank-reveal")
  }

  @Test(arguments: sizes) func growingSlate(size: Size) {
    let growing = GrowingSlate(
      id: 7, prompt: Slate.moon.prompt, count: 4,
      texts: ["Some people built", "The Apollo program, conducted by", "", "A long"])
    check(robot(size, desk: .growing(growing)), "rank-growing")
  }

  @Test(arguments: sizes) func nothingToRank(size: Size) {
    check(
      robot(size, desk: .empty("The trainer is getting the first candidates ready.")), "rank-empty")
  }

  @Test(arguments: sizes) func comparison(size: Size) {
    check(robot(size).press("1 2 2 home down d"), "compare")
  }

  @Test(arguments: sizes) func flagsMenu(size: Size) {
    check(robot(size).press("f c j"), "flags")
  }

  @Test(arguments: sizes) func skipMenu(size: Size) {
    check(robot(size).press("s 6").type("it is a riddle"), "skip")
  }

  @Test(arguments: sizes) func writing(size: Size) {
    check(robot(size).press("e").type(" And 月 is the moon.\nMore").send(.draftSaved), "write")
  }

  /// The learning screen has more to say than any other.
  static let learningSizes = [
    Size.minimum, Size(width: 96, height: 26), Size(width: 120, height: 36),
  ]

  @Test(arguments: learningSizes) func learning(size: Size) {
    check(robot(size).press("f3"), "learning")
  }

  @Test(arguments: learningSizes) func chosenVersion(size: Size) {
    check(robot(size).press("f3 down"), "learning-version")
  }

  @Test(arguments: learningSizes) func rejectedVersion(size: Size) {
    check(robot(size).press("f3 down down down down down down"), "learning-rejected")
  }

  @Test(arguments: learningSizes) func versionAboutToBeUsed(size: Size) {
    check(robot(size).press("f3 down down down enter"), "learning-use")
  }

  @Test(arguments: [(0.52, false), (0.71, true), (1, true)])
  func aRuleOfLengthThatKnowsAsMuchIsNamed(shorterWins: Double, isNamed: Bool) {
    var status = WorkspaceStatus.busy
    status.shorterWins = Estimate(value: shorterWins, low: 0, high: 1, count: 84)
    let text = robot(Size(width: 120, height: 40)).send(.status(status)).press("f3").text
    #expect(text.contains("Length alone") == isNamed)
  }

  @Test(arguments: learningSizes) func learningBeforeAnyLabel(size: Size) {
    check(robot(size).send(.status(WorkspaceStatus())).press("f3"), "learning-new")
  }

  @Test(arguments: sizes) func guidelines(size: Size) {
    check(robot(size).press("f4"), "guidelines")
  }

  @Test(arguments: sizes) func help(size: Size) {
    check(robot(size).press("?"), "help")
  }

  @Test func learningWithoutColours() {
    let robot = Robot(depth: .monochrome).send(.status(.busy)).press("f3")
    check(robot, "learning-mono")
  }
}
