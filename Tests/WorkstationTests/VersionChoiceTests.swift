import Feedback
import Storage
import TerminalUI
import TestSupport
import Testing

@testable import Workstation

/// Going through the versions, putting one into use and pinning one.
@Suite struct VersionChoiceTests {
  private func robot(_ status: WorkspaceStatus = .busy) -> Robot {
    Robot().send(.status(status)).press("f3")
  }

  private func changes(_ robot: Robot) -> [VersionChange] {
    robot.effects.compactMap { if case .change(let change) = $0 { change } else { nil } }
  }

  @Test func theChoiceGoesThroughTheListAndStopsAtItsEnds() {
    let robot = robot()
    #expect(robot.model.chosenVersion == nil)
    #expect(robot.press("up").model.chosenVersion == 7)
    #expect(robot.press("up").model.chosenVersion == 7)
    #expect(robot.press("j down").model.chosenVersion == 5)
    #expect(robot.press("k").model.chosenVersion == 6)
    #expect(robot.press("down down down down down down down").model.chosenVersion == 0)
    #expect(robot.text.contains("What every policy begins with."))
  }

  @Test func theChosenVersionIsInView() {
    let robot = robot()
    #expect(robot.row(of: "Trained from") == -1)
    robot.press("down")
    #expect(robot.row(of: "Versions") > 0)
    #expect(robot.row(of: "Trained from policy 5 on 4 new labels.") > 0)
    #expect(robot.row(of: "38.20") > 0)
    #expect(robot.row(of: "Knew 71 %") == -1)
    robot.press("home")
    #expect(robot.row(of: "Knew 71 %") > 0)
    #expect(robot.row(of: "Trained from") == -1)
  }

  @Test func aVersionThatWasMovedBackSaysSo() {
    for (halvings, words) in [(1.0, "so half of the way"), (2, "so a quarter of the way")] {
      var status = WorkspaceStatus.busy
      status.versions[0].metrics["halvings"] = halvings
      #expect(robot(status).press("down").text.contains("That went too far, \(words) was kept."))
    }
    #expect(!robot().press("down").text.contains("went too far"))
    for (kept, words) in [
      (0.64, "so 64 % of the way was kept."), (1.25, "far from the gate's limits"),
    ] {
      for isMoved in [true, false] {
        var status = WorkspaceStatus.busy
        status.versions[0].metrics["refit.kept"] = isMoved ? kept : 1
        #expect(robot(status).press("down").text.contains(words) == isMoved)
      }
    }
  }

  @Test func aVersionWithoutNewLabelsSaysWhatItIs() {
    var status = WorkspaceStatus.busy
    status.versions[0].learntCount = 0
    status.versions[1].learntCount = 0
    let robot = robot(status).press("down")
    #expect(robot.row(of: "policy 7  practice") > 0)
    #expect(robot.row(of: "reward model 6  fitted anew") > 0)
    #expect(robot.row(of: "Practised from policy 5, on earlier labels") > 0)
    #expect(robot.press("down").row(of: "Fitted anew after reward model 4") > 0)
    status.versions[0].metrics["refit.pairs"] = 251
    let after = self.robot(status).press("down")
    #expect(after.row(of: "policy 7  made anew") > 0)
    #expect(after.row(of: "Made anew in place of policy 5, from 251 pairs of answers") > 0)
  }

  @Test func aLongListMovesWithTheChoice() {
    var status = WorkspaceStatus.busy
    status.versions =
      (1...40).reversed().map { VersionStatus(id: $0, kind: .policy, state: .published) }
      + [.base(isCurrent: true)]
    let robot = robot(status).press("down")
    #expect(robot.text.contains("and 36 older"))
    for _ in 0..<20 { robot.press("down") }
    #expect(robot.model.chosenVersion == 20)
    #expect(robot.row(of: "policy 20  ") > 0)
    #expect(robot.text.contains("and 18 newer, 18 older"))
  }

  @Test func enterAsksOnceAndThenPutsTheVersionIntoUse() {
    let robot = robot().press("down down down enter")
    #expect(robot.text.contains("Enter again puts policy 5 into use in place of policy 7."))
    #expect(changes(robot).isEmpty)
    robot.press("enter")
    #expect(changes(robot) == [.use(.policy, 5)])
    robot.send(.changed(.use(.policy, 5)))
    #expect(robot.text.contains("Policy 5 is in use."))
  }

  @Test func anotherKeyForgetsTheQuestion() {
    let robot = robot().press("down down down enter p enter")
    #expect(changes(robot) == [.pin(5, true)])
    robot.press("down enter up enter")
    #expect(changes(robot) == [.pin(5, true)])
    #expect(robot.text.contains("Enter again puts policy 5 into use"))
  }

  @Test func theBaseModelCanBeUsedButNotPinned() {
    let robot = robot().press("down down down down down down down enter")
    #expect(robot.text.contains("Enter again puts the base model into use in place of policy 7."))
    robot.press("p")
    #expect(robot.text.contains("The base model is always kept."))
    robot.press("enter enter")
    #expect(changes(robot) == [.use(.policy, 0)])
    robot.send(.changed(.use(.policy, 0)))
    #expect(robot.text.contains("The base model is in use."))
  }

  @Test(arguments: [
    (1, "Policy 7 is in use already."),
    (4, "The files of reward model 4 are gone, so it cannot be used."),
    (6, "Policy 2 was not better than its parent, so it cannot be used."),
  ])
  func whatCannotBeUsedIsRefused(steps: Int, sentence: String) {
    let robot = robot()
    for _ in 0..<steps { robot.press("down") }
    robot.press("enter enter")
    #expect(robot.text.contains(sentence))
    #expect(changes(robot).isEmpty)
  }

  @Test func pinningGoesToAndFro() {
    let robot = robot().press("down p")
    #expect(changes(robot) == [.pin(7, true)])
    robot.send(.changed(.pin(7, true)))
    #expect(robot.text.contains("The files of policy 7 are kept whatever its age."))
    robot.press("down down down p")
    #expect(robot.text.contains("The files of reward model 4 are gone"))
    robot.press("down")
    #expect(robot.text.contains("pinned"))
    robot.press("p")
    #expect(changes(robot).last == .pin(3, false))
    robot.send(.changed(.pin(3, false)))
    #expect(robot.text.contains("Policy 3 is pinned no longer"))
  }

  @Test func nothingChosenIsSaid() {
    #expect(robot().press("enter").text.contains("Choose a version with"))
    #expect(robot().press("p").text.contains("Choose a version with"))
  }

  @Test func aFailureIsASentence() {
    let robot = robot().press("down p")
      .send(.failed(.version, "Version 7 cannot be pinned: its files have been deleted."))
    #expect(robot.model.notice?.text.hasSuffix("deleted. The versions stay as they were.") == true)
    #expect(robot.text.contains("Version 7 cannot be pinned"))
  }

  @Test func labelsTakenBackAndReasonsAreTold() {
    let robot = robot().press("down")
    #expect(robot.text.contains("It has learnt 2 labels taken back since"))
    robot.press("down down down down down")
    #expect(
      robot.text.contains(
        "Not better: held-out demonstrations became less likely than under the base"))
    #expect(!robot.text.contains("taken back since"))
  }

  @Test func withoutVersionsTheArrowsScroll() {
    var status = WorkspaceStatus.busy
    status.versions = []
    let robot = robot(status).press("down")
    #expect(robot.model.chosenVersion == nil)
    #expect(robot.model.scroll[.learning] == 1)
  }

  @Test func divergenceIsShownAgainstItsBudget() {
    #expect(robot().text.contains("0.31 of 0.50 nats a token"))
    var status = WorkspaceStatus.busy
    status.divergence = nil
    #expect(!robot(status).text.contains("nats a token"))
    status.divergence = Divergence(value: 1e300, budget: 0.5)
    #expect(robot(status).text.contains("KL ▓"))
  }
}
