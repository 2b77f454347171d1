import Testing

@testable import Trainer

@Suite struct AgendaTests {
  @Test func aWaitingLabelerComesFirst() {
    var situation = Situation(labelers: 1, waiting: 1, ready: 0)
    situation.unlearntForReward = 3
    situation.unlearntForPolicy = 3
    #expect(Agenda.next(situation) == .generate(urgent: true))
  }

  @Test func oneSlateInHandThenLearningThenTheRest() {
    var situation = Situation(labelers: 1, ready: 1)
    situation.unlearntForReward = 1
    situation.unlearntForPolicy = 1
    #expect(Agenda.next(situation) == .learnReward)
    situation.unlearntForReward = 0
    #expect(Agenda.next(situation) == .learnPolicy)
    situation.unlearntForPolicy = 0
    #expect(Agenda.next(situation) == .generate(urgent: false))
    situation.ready = 2
    #expect(Agenda.next(situation) == nil)
  }

  @Test func fewDemonstrationsAreImitatedBeforeLearningManyInIdleTime() {
    var situation = Situation(labelers: 1, ready: 1, unimitated: 4)
    situation.unlearntForReward = 1
    #expect(Agenda.next(situation) == .imitate)
    situation.ready = 0
    #expect(Agenda.next(situation) == .generate(urgent: false))
    situation.ready = 2
    situation.unimitated = 5
    #expect(Agenda.next(situation) == .learnReward)
    situation.unlearntForReward = 0
    situation.canPractise = true
    #expect(Agenda.next(situation) == .imitate)
  }

  @Test func idleTimeRefreshesTheOldestStaleSlate() {
    let situation = Situation(labelers: 1, ready: 2, stale: [4, 7])
    #expect(Agenda.next(situation) == .refresh(slate: 4))
  }

  @Test func practiceIsForTimeThatNothingElseNeeds() {
    var situation = Situation(labelers: 1, ready: 2, canPractise: true)
    #expect(Agenda.next(situation) == .practise)
    situation.stale = [4]
    #expect(Agenda.next(situation) == .refresh(slate: 4))
    situation.unlearntForPolicy = 1
    #expect(Agenda.next(situation) == .learnPolicy)
  }

  @Test func labelsAndWhatWouldBeLostAreWorkedOnWhenNobodyLabels() {
    #expect(!Situation(hasPrompts: true, stale: [4], canRefit: true, canPractise: true).keepsOn)
    #expect(Situation(unlearntForReward: 1).keepsOn)
    #expect(Situation(unlearntForPolicy: 1).keepsOn)
    #expect(Situation(isRefitting: true).keepsOn)
  }

  @Test func thePolicyIsMadeAnewBeforeItPractises() {
    var situation = Situation(labelers: 1, ready: 2, canRefit: true, canPractise: true)
    #expect(Agenda.next(situation) == .refit)
    situation.unimitated = 1
    #expect(Agenda.next(situation) == .imitate)
    situation.unimitated = 0
    situation.stale = [4]
    #expect(Agenda.next(situation) == .refresh(slate: 4))
  }

  @Test func withoutAWorkstationSlatesWaitForTheFirst() {
    #expect(Agenda.next(Situation(labelers: 0, ready: 1)) == .generate(urgent: false))
    #expect(Agenda.next(Situation(labelers: 0, ready: 2)) == nil)
  }

  @Test func everyLabelerHasSlates() {
    #expect(Agenda.next(Situation(labelers: 3, ready: 5)) == .generate(urgent: false))
    #expect(Agenda.next(Situation(labelers: 3, ready: 6)) == nil)
  }

  @Test func anEmptyPoolLeavesOnlyLearning() {
    var situation = Situation(labelers: 1, waiting: 1, ready: 0, hasPrompts: false)
    #expect(Agenda.next(situation) == nil)
    situation.unlearntForPolicy = 1
    #expect(Agenda.next(situation) == .learnPolicy)
  }
}
