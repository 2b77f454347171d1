import Feedback
import Storage
import TerminalUI
import TestSupport
import Testing

@testable import Workstation

/// Writing demonstrations.
@Suite struct WritingTests {
  private func demonstrations(_ robot: Robot) -> [Demonstration] {
    robot.submissions.flatMap(\.contents).compactMap {
      if case .demonstration(let demonstration) = $0 { demonstration } else { nil }
    }
  }

  @Test func writingFromNothing() {
    let robot = Robot().press("w").type("They flew\nto the moon.").press("ctrl-s")
    #expect(demonstrations(robot) == [Demonstration(text: "They flew\nto the moon.")])
    #expect(robot.rankings.isEmpty)
  }

  @Test func editingACandidate() {
    let robot = Robot().press("down down e").type(" Really.").press("ctrl-s")
    #expect(
      demonstrations(robot) == [
        Demonstration(
          text: "The moon landing was when astronauts went to the moon in 1969. Really.",
          editedFrom: 13)
      ])
  }

  @Test func anUnchangedCandidateIsNoDemonstration() {
    let robot = Robot().press("e ctrl-s")
    #expect(robot.submissions.isEmpty)
    #expect(robot.text.contains("unchanged"))
    #expect(Robot().press("w ctrl-s").text.contains("The demonstration is empty"))
  }

  @Test func everyKeyIsKept() {
    let robot = Robot().press("w").type("moon")
    #expect(robot.draftText == "moon")
    #expect(robot.text.contains("saving the draft"))
    #expect(robot.send(.draftSaved).text.contains("draft saved"))
  }

  @Test func digitsAndLettersAreTextHere() {
    let robot = Robot().press("w").type("1?qs")
    #expect(robot.draftText == "1?qs")
    #expect(robot.cards == "·A ·B ·C ·D")
    #expect(!robot.model.isFinished)
  }

  @Test func escapeGoesBackAndKeepsTheDraft() {
    let robot = Robot().press("w").type("half").press("escape")
    #expect(robot.model.screen == .rank)
    #expect(robot.press("w").row(of: "half") > 0)
  }

  @Test func theRankingGoesWithIt() {
    let robot = Robot().press("1 2 3 4 w").type("Better.").press("ctrl-s")
    #expect(robot.rankings == [[[11], [12], [13], [14]]])
    #expect(demonstrations(robot).count == 1)
    #expect(robot.submissions.count == 1)
  }

  @Test func aPartialRankingIsAskedAbout() {
    let robot = Robot().press("1 w").type("Better.").press("ctrl-s")
    #expect(robot.submissions.isEmpty)
    #expect(robot.text.contains("B, C and D are not placed: ctrl-s again"))
    #expect(robot.press("ctrl-s").submissions.count == 1)
  }

  @Test func enterAsksAboutTheDraft() {
    let robot = Robot().press("w").type("Two words").press("escape 1 2 3 4 enter")
    #expect(robot.submissions.isEmpty)
    #expect(robot.text.contains("Your demonstration (2 words) goes with the ranking"))
    robot.press("enter")
    #expect(robot.submissions.first?.contents.count == 2)
  }

  @Test func candidatesAreOneKeyAway() {
    let robot = Robot().press("w").type("mine").press("alt-3")
    #expect(robot.draftText?.hasPrefix("The moon landing") == true)
    #expect(robot.text.contains("started from C"))
    robot.press("ctrl-_")
    #expect(robot.draftText == "mine")
    robot.press("ctrl-o")
    #expect(robot.draftText?.isEmpty == false)
  }

  @Test func aDraftIsNotOverwrittenByE() {
    let robot = Robot().press("w").type("mine").press("escape e")
    #expect(robot.row(of: "mine") > 0)
    #expect(robot.text.contains("alt-1 starts from A instead"))
  }

  @Test func pastedNewlinesAreText() {
    let robot = Robot().press("w").event(.paste("one\ntwo\u{1b}[2J"))
    #expect(robot.draftText?.hasPrefix("one\ntwo") == true)
    #expect(robot.submissions.isEmpty)
  }

  @Test func whatIsTypedWhileCandidatesGrowStays() {
    let growing = GrowingSlate(id: 7, prompt: Slate.moon.prompt, count: 4, texts: [])
    let robot = Robot(desk: .growing(growing)).press("w").type("early")
    robot.press("ctrl-s")
    #expect(robot.submissions.isEmpty)
    robot.send(.desk(.ready(.moon), Drafts())).press("ctrl-s")
    #expect(demonstrations(robot) == [Demonstration(text: "early")])
  }

  @Test func theEditorScrollsAndTheMouseSetsTheCursor() {
    let robot = Robot().press("w").type((1...30).map { "row \($0)" }.joined(separator: "\n"))
    #expect(robot.row(of: "row 30") > 0)
    #expect(robot.text.contains("of 30"))
    let row = robot.row(of: "row 25")
    robot.event(.mouse(.press(Point(x: 2, y: row), .left))).type("X")
    #expect(robot.draftText?.contains("Xrow 25") == true)
  }

  @Test func aLongPromptScrollsHereToo() {
    let prompt = (1...30).map { "point \($0)" }.joined(separator: "\n")
    let robot = Robot(desk: .ready(.make(["a", "b"], prompt: prompt))).press("w")
    #expect(robot.row(of: "point 12") == -1)
    robot.press("alt-down alt-down alt-down alt-down alt-down alt-down")
    #expect(robot.row(of: "point 12") > 0)
  }

  @Test func draftsAreTakenUpAgain() {
    let before = Robot().press("1 3 r 4 down w").type("half")
    var drafts = Drafts()
    for effect in before.effects {
      guard case .save(let draft, 7) = effect else { continue }
      switch draft {
      case .ranking(let ranking): drafts.ranking = ranking
      case .demonstration(let demonstration): drafts.demonstration = demonstration
      }
    }
    let robot = Robot(drafts: drafts)
    #expect(robot.cards == "1A 3B ·C ·D")
    #expect(robot.model.work.quality == before.model.work.quality)
    #expect(robot.focus == "C")
    #expect(robot.press("w").row(of: "half") > 0)
  }
}
