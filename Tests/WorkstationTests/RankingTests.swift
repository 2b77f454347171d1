import Feedback
import Storage
import TerminalUI
import TestSupport
import Testing

@testable import Workstation

/// Keys on the ranking screen: keys in, cards and labels out.
@Suite struct RankingTests {
  @Test func digitsPlaceAndMoveOn() {
    let robot = Robot()
    #expect(robot.cards == "·A ·B ·C ·D")
    robot.press("2")
    #expect(robot.cards == "2A ·B ·C ·D")
    #expect(robot.focus == "B")
    robot.press("1 2 3")
    #expect(robot.cards == "1B 2A 2C 3D")
    #expect(robot.text.contains("B > A = C > D. Enter submits it."))
  }

  @Test func movingOnGoesRoundToWhatIsLeft() {
    #expect(Robot().press("down down 1").focus == "D")
    #expect(Robot().press("down down 1 2").focus == "A")
  }

  @Test func enterSubmitsTiersWithoutGaps() {
    let robot = Robot().press("1 4 2 4 enter")
    #expect(robot.rankings == [[[11], [13], [12, 14]]])
    #expect(robot.submissions.first?.labeler == "ada")
    #expect(robot.submissions.first?.slate == 7)
    #expect(robot.submissions.first?.prompt == 3)
  }

  @Test func untouchedOrderIsRefused() {
    let robot = Robot().press("enter enter")
    #expect(robot.submissions.isEmpty)
    #expect(robot.text.contains("Nothing is placed, so there is no ranking yet"))
  }

  @Test func allEqualIsSaidOnPurpose() {
    let robot = Robot().press("=")
    #expect(robot.cards == "1A 1B 1C 1D")
    #expect(robot.text.contains("All equal"))
    #expect(robot.press("enter").rankings == [[[11, 12, 13, 14]]])
  }

  @Test func aSecondEnterPutsTheRestLast() {
    let robot = Robot().press("1 down 2 enter")
    #expect(robot.submissions.isEmpty)
    #expect(robot.text.contains("B and D are not placed: Enter again"))
    #expect(robot.press("enter").rankings == [[[11], [13], [12, 14]]])
  }

  @Test func anotherKeyForgetsTheQuestion() {
    let robot = Robot().press("1 enter down enter")
    #expect(robot.submissions.isEmpty)
    #expect(robot.press("enter").rankings.count == 1)
  }

  @Test func tiesWithTheCardAbove() {
    let robot = Robot().press("1 2")
    #expect(robot.focus == "C")
    robot.press("=")
    #expect(robot.cards == "1A 2B 2C ·D")
    robot.press("up up up =")
    #expect(robot.cards == "1A 2B 2C ·D")
    #expect(robot.text.contains("There is no placed card above A"))
    robot.press("down =")
    #expect(robot.cards == "1A 1B 2C ·D")
  }

  @Test func movesOneByOne() {
    let robot = Robot().press("1 2 3 4")
    #expect(robot.focus == "D")
    robot.press("K K")
    #expect(robot.cards == "1A 2D 3B 4C")
    robot.press("shift-up")
    #expect(robot.cards == "1D 2A 3B 4C")
    robot.press("K")
    #expect(robot.text.contains("D is already the best."))
    robot.press("J")
    #expect(robot.cards == "1A 2D 3B 4C")
  }

  @Test func movingLeavesATieFirst() {
    let robot = Robot().press("1 1 2 3 home")
    #expect(robot.focus == "A")
    robot.press("J")
    #expect(robot.cards == "1B 2A 3C 4D")
    #expect(Robot().press("1 1 2 3 home down K").cards == "1B 2A 3C 4D")
  }

  @Test func movingUpPlacesACard() {
    let robot = Robot().press("1 down K")
    #expect(robot.cards == "1A 2C ·B ·D")
    #expect(Robot().press("J").text.contains("A is not placed yet"))
  }

  @Test func aPlaceCanBeTakenBack() {
    let robot = Robot().press("1 2 up up 0")
    #expect(robot.cards == "2B ·A ·C ·D")
    #expect(Robot().press("backspace").text.contains("A has no place yet."))
  }

  @Test func digitsBeyondTheCandidatesAreRefused() {
    let robot = Robot().press("5")
    #expect(robot.cards == "·A ·B ·C ·D")
    #expect(robot.text.contains("tiers go from 1 to that"))
  }

  @Test func growingCandidatesCannotBePlaced() {
    let growing = GrowingSlate(id: 7, prompt: Slate.moon.prompt, count: 4, texts: ["Some"])
    let robot = Robot(desk: .growing(growing)).press("1")
    #expect(robot.text.contains("still being written"))
    robot.send(.desk(.ready(.moon), Drafts())).press("1")
    #expect(robot.cards == "1A ·B ·C ·D")
  }

  @Test func lateNewsOfGrowthChangesNothing() {
    let growing = GrowingSlate(id: 7, prompt: Slate.moon.prompt, count: 4, texts: ["Some"])
    let robot = Robot().press("1").send(.desk(.growing(growing), Drafts()))
    #expect(robot.cards == "1A ·B ·C ·D")
    #expect(robot.model.desk.slate != nil)
  }

  @Test func longCardsScroll() {
    let long = (1...60).map { "line \($0)" }.joined(separator: "\n")
    let robot = Robot(desk: .ready(.make([long, "short", "other", "fourth"])))
    #expect(robot.row(of: "line 1") > 0)
    #expect(robot.row(of: "line 60") == -1)
    var seen = Set<Int>()
    for _ in 0..<12 {
      for line in 1...60 where robot.rows.contains(where: { $0.hasSuffix("  line \(line)") }) {
        seen.insert(line)
      }
      robot.press("pagedown")
    }
    #expect(seen == Set(1...60))
    #expect(robot.row(of: "short") > 0)
    robot.press("pageup pageup pageup pageup pageup pageup pageup pageup pageup pageup pageup")
    #expect(robot.row(of: "line 1") > 0)
  }

  @Test func aLongPromptScrolls() {
    let prompt = (1...30).map { "point \($0)" }.joined(separator: "\n")
    let robot = Robot(desk: .ready(.make(["a", "b"], prompt: prompt)))
    #expect(robot.text.contains("[ ] scroll"))
    #expect(robot.row(of: "point 12") == -1)
    robot.press("] ] ] ] ] ]")
    #expect(robot.row(of: "point 12") > 0)
  }

  @Test func nineCardsAllShow() {
    let texts = (1...9).map { "candidate \($0) " + String(repeating: "words and ", count: 40) }
    let robot = Robot(desk: .ready(.make(texts)))
    for number in 1...9 { #expect(robot.row(of: "candidate \(number) ") > 0) }
    #expect(robot.text.contains("lines"))
  }

  @Test func nineCardsFitBesideALongPromptAndALongMessage() {
    let texts = (1...9).map { "candidate \($0) " + String(repeating: "words and ", count: 40) }
    let prompt = String(repeating: "A long prompt that goes on. ", count: 40)
    let robot = Robot(desk: .ready(.make(texts, prompt: prompt))).press("1 2")
    robot.send(.failed(.submit, String(repeating: "It could not be stored. ", count: 12)))
    for number in 1...9 { #expect(robot.row(of: "candidate \(number) ") > 0) }
    #expect(robot.row(of: "not placed") > 0)
  }

  @Test func everyHeightFits() {
    for room in 4...30 {
      for focus in 0..<4 {
        let natural = [9, 1, 30, 4]
        let heights = RankLayout.heights(natural: natural, focus: focus, room: room)
        #expect(heights.reduce(0, +) <= room)
        #expect(zip(heights, natural).allSatisfy { $0 >= 1 && $0 <= $1 })
      }
    }
  }

  @Test func qualityAndFlagsGoWithTheLabel() {
    let robot = Robot().press("r 6 f c d enter down r 9")
    #expect(robot.text.contains("Quality goes from 1"))
    robot.press("escape 1 1 1 1 enter enter")
    let submission = robot.submissions.first
    #expect(submission?.quality == [11: 6])
    #expect(submission?.flags == [11: [.hallucination, .satisfiesConstraint]])
  }

  @Test func skippingTakesAReason() {
    let robot = Robot().press("s 2")
    #expect(robot.submissions.first?.contents == [.skip(reason: "I cannot judge this")])
    let own = Robot().press("s 6 enter")
    #expect(own.submissions.isEmpty)
    own.type("it is  a riddle").press("enter")
    #expect(own.submissions.first?.contents == [.skip(reason: "it is a riddle")])
  }

  @Test func escapeLeavesMenusWithoutALabel() {
    let robot = Robot().press("s escape f escape r escape d s 6 escape escape")
    #expect(robot.model.menu == nil)
    #expect(robot.effects.isEmpty)
  }

  @Test func timeCountsWithoutSuspension() {
    let robot = Robot().press("1 1 1 1")
    robot.wait(seconds: 3600).event(.resumed)
    robot.press("enter")
    #expect((4...6).contains(robot.submissions.first?.duration ?? 0))
  }

  @Test func keysWaitWhileALabelIsSaved() {
    let robot = Robot().press("1 2 3 4 enter").press("home 4 enter s 1 u")
    #expect(robot.submissions.count == 1)
    #expect(robot.cards == "1A 2B 3C 4D")
  }

  @Test func aFailedSubmissionKeepsTheWork() {
    let robot = Robot().press("1 enter enter")
    robot.send(.failed(.submit, "The disk is full."))
    #expect(robot.text.contains("The disk is full."))
    #expect(robot.cards == "1A ·B ·C ·D")
    robot.press("enter")
    #expect(robot.submissions.count == 2)
  }

  @Test func undoBringsTheRankingBack() throws {
    let robot = Robot().press("1 3 2 2 r 5 enter")
    robot.send(.submitted(robot.submissions[0], nil))
    robot.send(.desk(.ready(.make(["x", "y"], prompt: "Another.")), Drafts())).press("u")
    guard case .undo = try #require(robot.effects.last) else {
      Issue.record("u asks for no undo")
      return
    }
    let label = Label(
      id: 1, labeler: "ada", prompt: Slate.moon.prompt, slate: 7,
      content: robot.submissions[0].contents[0], duration: 5, created: 0)
    var slate = Slate.moon
    slate.id = 8
    robot.send(.undone(Undone(labels: [label], slate: slate, quality: [14: 5], flags: [:])))
    #expect(robot.cards == "1A 2C 2D 3B")
    #expect(robot.text.contains("Your ranking is taken back"))
    #expect(robot.text.contains("quality 5 of 7"))
  }

  @Test func nothingToUndoIsSaid() {
    #expect(Robot().press("u").send(.undone(nil)).text.contains("no submitted label to take back"))
  }

  @Test func theRevealSaysWhoWroteWhatOnlyAfterwards() throws {
    let robot = Robot()
    #expect(!robot.text.contains("base model;"))
    robot.press("1 3 2 3")
    let reveal = Reveal(
      slate: .moon, ranking: try robot.model.work.board.ranking(),
      scores: [11: 0.1, 12: -1, 13: 1.5, 14: 0.2])
    #expect(reveal.saved == "A > C > B = D")
    #expect(reveal.expected == "C > D > A > B")
    #expect(reveal.pairs == PairCount(correct: 3, total: 5))
    #expect(reveal.surprise?.expected == "C")
    #expect(reveal.surprise?.over == "A")
    #expect(reveal.authors == "B: base model; D: policy 2; A, C: policy 3.")
    robot.press("enter").send(.submitted(robot.submissions[0], reveal))
    #expect(robot.text.contains("Saved: A > C > B = D."))
    robot.send(.desk(.ready(.moon), Drafts())).press("down")
    #expect(!robot.text.contains("Saved:"))
  }

  @Test func aRevealWithoutARewardModelExpectsNothing() throws {
    let ranking = try Ranking(tiers: [[11, 12], [13], [14]], of: [11, 12, 13, 14])
    let reveal = Reveal(slate: .moon, ranking: ranking, scores: [:])
    #expect(reveal.expected == nil)
    #expect(reveal.text.hasPrefix("Saved: A = B > C > D. B: base model"))
  }

  @Test func troubleIsOneSentence() {
    let robot = Robot().send(.trouble("The trainer ended with code 1."))
    #expect(robot.rows.last?.contains("The trainer ended with code 1.") == true)
    robot.send(
      .trouble(String(repeating: "The database is blocked by another program. ", count: 3)))
    #expect(robot.row(of: "The database is blocked") > 0)
    #expect(robot.send(.trouble(nil)).row(of: "blocked") == -1)
  }

  @Test func quittingKeepsEverything() {
    #expect(Robot().press("1 q").model.isFinished)
    #expect(Robot().press("f2 q").model.isFinished == false)
    #expect(Robot().press("f2 ctrl-c").model.isFinished)
    #expect(Robot().event(.interrupt(.hangup)).model.isFinished)
  }

  @Test func smallWindowsKeepTheState() {
    let robot = Robot().press("1").event(.resize(Size(width: 60, height: 10)))
    #expect(robot.text.contains("60 by 10"))
    robot.event(.resize(.minimum))
    #expect(robot.cards == "1A ·B ·C ·D")
    #expect(robot.row(of: "not placed") > 0)
  }
}
