import Feedback
import TestSupport
import Testing

@testable import Storage

/// Figures from labels: counted from what was there before each label.
@Suite struct StatisticsTests {
  @Test func scoresAreCountedAsTheyStoodBeforeTheLabel() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let reward = try workspace.publishVersion(.reward).id
    // Mean scores 2, 1, 3 for texts of 2, 4 and 3 words; the scores are given before shuffling.
    let slate = try workspace.makeSlate(
      rewardVersion: reward, scores: [[1, 3], [0, 2], [3, 3]], displayOrder: [2, 1, 0])
    let predictions = try workspace.predictions(slate: slate.id)
    #expect(predictions.map(\.mean) == [3, 1, 2])
    #expect(predictions.map(\.completion) == slate.completions.map(\.id))
    #expect(predictions[2].scores == [1, 3])
    #expect(try workspace.readySlates().map(\.rewardVersion) == [reward])

    // 2 words > 3 words > 4 words: the scores have two of the three pairs right.
    let label = try workspace.rank(slate, tiers: [[2], [0], [1]])[0]
    let outcome = try #require(try workspace.outcome(label: label))
    #expect(outcome.pairs == 3)
    #expect(outcome.predicted == 2)
    #expect(outcome.longer == 0)
    #expect(outcome.shorter == 3)

    // A tie gives no pair; without scores nothing was predicted.
    let tied = try workspace.rank(workspace.makeSlate(), tiers: [[0, 1], [2]])[0]
    #expect(try workspace.outcome(label: tied)?.pairs == 2)
    #expect(try workspace.outcome(label: tied)?.predicted == nil)

    let chosen = try workspace.makeSlate(
      rewardVersion: reward, scores: [[3], [2], [1]], activelyChosen: true)
    try workspace.rank(chosen)
    let statistics = try workspace.statistics()
    #expect(statistics.rewardAccuracy() == [PairCount(correct: 2, total: 3)])
    #expect(
      statistics.rewardAccuracy(all: true) == [
        PairCount(correct: 2, total: 3), PairCount(correct: 3, total: 3),
      ])
    #expect(statistics.longerWins() == [PairCount(correct: 0, total: 3)])
    #expect(statistics.shorterWins() == [PairCount(correct: 3, total: 3)])
    #expect(statistics.rankings.map(\.unselectedWords) == [3, 3, 3])
    #expect(statistics.labelCounts == [.ranking: 3])

    try workspace.undoLast(labeler: "ann")
    #expect(try workspace.statistics().rewardAccuracy(all: true).count == 1)
  }

  @Test func theBasesCompletionsAreThoseThatNothingChose() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let version = try workspace.publishVersion(.policy).id
    for _ in 0..<2 {
      try workspace.makeSlate(completions: [
        completion("its own"), completion("chosen", origin: .selected),
        completion("later", version: version), completion("beside", origin: .reference),
      ])
    }
    #expect(
      try workspace.unchosenCompletions(policy: 0, limit: 3).map(\.text)
        == ["beside", "its own", "beside"])
    #expect(
      try workspace.unchosenCompletions(policy: version, limit: 9).map(\.text)
        == ["later", "later"])
  }

  @Test func thePolicysOwnDrawIsComparedWithTheReference() throws {
    let fresh = try FreshWorkspace(
      prompts: (0..<6).map { NewPrompt(useCase: .chat, text: "Question \($0)?") })
    let workspace = fresh.workspace
    let policy = try workspace.publishVersion(.policy).id
    func slate(version: Int64) throws -> Slate {
      try workspace.makeSlate(completions: [
        completion("best of many", version: version, origin: .selected),
        completion("own", version: version), completion("base", origin: .reference),
      ])
    }
    let won = try workspace.rank(slate(version: policy), tiers: [[1], [2], [0]])[0]
    try workspace.rank(slate(version: policy), tiers: [[0], [1, 2]])
    try workspace.rank(slate(version: policy), tiers: [[0], [2], [1]])
    try workspace.rank(slate(version: policy), tiers: [[1], [0], [2]])
    try workspace.rank(slate(version: 0), tiers: [[1], [0], [2]])
    let outcome = try #require(try workspace.outcome(label: won))
    #expect(outcome.outcome == 1)
    #expect(outcome.policyVersion == policy)
    #expect(outcome.referenceVersion == 0)
    let statistics = try workspace.statistics()
    let comparisons = statistics.comparisons(with: 0)
    #expect(comparisons.map(\.outcome) == [1, 0, -1, 1])
    #expect(comparisons.allSatisfy { $0.policy == policy && $0.reference == 0 })
    #expect(WinRate(comparisons) == WinRate(wins: 2, ties: 1, losses: 1))
    #expect(WinRate(comparisons).estimate?.value == 0.625)
    #expect(statistics.comparisons() == comparisons)
    #expect(WinRate(statistics.comparisons(with: 99)).estimate == nil)
  }

  @Test func marginsAreThoseOfTheScoresBeforeTheLabel() throws {
    let fresh = try FreshWorkspace(
      prompts: (0..<6).map { NewPrompt(useCase: .chat, text: "Question \($0)?") })
    let workspace = fresh.workspace
    let model = try workspace.publishVersion(.reward).id
    // Means 2, 1 and 4.
    let slate = try workspace.makeSlate(rewardVersion: model, scores: [[1, 3], [0, 2], [4, 4]])
    // The first is preferred to the other two, which are tied.
    try workspace.rank(slate, tiers: [[0], [1, 2]])
    #expect(try workspace.predictedMargins().sorted() == [-2, 1])

    try workspace.rank(
      workspace.makeSlate(["a", "b"], rewardVersion: model, scores: [[5], [2]]))
    #expect(try workspace.predictedMargins().sorted() == [-2, 1, 3])
    #expect(try workspace.predictedMargins(last: 1) == [3])

    // Not of what was chosen for its scores, never scored, or taken back.
    try workspace.rank(
      workspace.makeSlate(
        ["a", "b"], rewardVersion: model, scores: [[5], [1]], activelyChosen: true))
    try workspace.rank(workspace.makeSlate(["a", "b"]))
    try workspace.rank(
      workspace.makeSlate(["a", "b"], rewardVersion: model, scores: [[8], [1]]))
    #expect(try workspace.predictedMargins().sorted() == [-2, 1, 3, 7])
    try workspace.undoLast(labeler: "ann")
    #expect(try workspace.predictedMargins().sorted() == [-2, 1, 3])
  }

  @Test func accuracyIsKnownByUseCase() throws {
    let fresh = try FreshWorkspace(prompts: [
      NewPrompt(useCase: .chat, text: "Hello?"), NewPrompt(useCase: .rewrite, text: "Say it well."),
    ])
    let workspace = fresh.workspace
    let reward = try workspace.publishVersion(.reward).id
    for (key, scores) in [("Hello?", [[2], [1]]), ("Say it well.", [[1], [2]])]
      as [(String, [[Float]])]
    {
      let prompt = try #require(try workspace.prompts().first { $0.prompt.text == key }).prompt
      try workspace.rank(
        workspace.makeSlate(of: prompt, ["a", "b"], rewardVersion: reward, scores: scores))
    }
    let statistics = try workspace.statistics()
    #expect(statistics.rewardAccuracy(of: .chat) == [PairCount(correct: 1, total: 1)])
    #expect(statistics.rewardAccuracy(of: .rewrite) == [PairCount(correct: 0, total: 1)])
    #expect(statistics.rewardAccuracy(of: .extract).isEmpty)
  }

  @Test func rankingsOfTheSameCompletionsAreFound() throws {
    let fresh = try FreshWorkspace(prompts: [
      NewPrompt(text: "One?"), NewPrompt(text: "Two?"),
    ])
    let workspace = fresh.workspace
    let pool = try workspace.prompts().map(\.prompt)
    func rank(_ texts: [String], tiers: [[Int]], of prompt: Int = 0, by labeler: String = "ann")
      throws
    {
      try workspace.rank(
        workspace.makeSlate(of: pool[prompt], texts), tiers: tiers, by: labeler)
    }
    try rank(["b", "a", "c"], tiers: [[0], [1], [2]])
    try rank(["b", "a", "other"], tiers: [[0], [1], [2]])
    try rank(["b", "a", "c"], tiers: [[0], [1], [2]], of: 1)
    try rank(["b", "a", "c"], tiers: [[0], [1], [2]], by: "bob")
    #expect(try workspace.repeatedRankings().isEmpty)

    // Shown in another order: c best, then a and b tied.
    try rank(["c", "a", "b"], tiers: [[0], [1, 2]])
    let once = RepeatedRanking(first: [2, 1, 3], second: [2, 2, 1])
    #expect(try workspace.repeatedRankings() == [once])

    // A third time, against the second; and a text that stands there twice says nothing.
    try rank(["a", "b", "c"], tiers: [[0], [1], [2]])
    let twice = RepeatedRanking(first: [2, 2, 1], second: [1, 2, 3])
    #expect(try workspace.repeatedRankings() == [once, twice])
    try workspace.undoLast(labeler: "ann")
    #expect(try workspace.repeatedRankings() == [once])
    for _ in 0..<2 { try rank(["x", "y", "x"], tiers: [[0], [1], [2]], of: 1) }
    #expect(
      try workspace.repeatedRankings() == [once, RepeatedRanking(first: [2], second: [2])])
  }

  @Test func anOldRankingIsShownAgainAndCountsOnce() throws {
    let fresh = try FreshWorkspace(
      prompts: (0..<3).map { NewPrompt(key: "p\($0)", useCase: .chat, text: "\($0)") })
    let workspace = fresh.workspace
    let pool = try workspace.prompts().map(\.prompt)
    let tied = try workspace.makeSlate(of: pool[0], ["x", "y", "z"])
    try workspace.rank(tied, tiers: [[0, 1, 2]])
    var completions = ["a", "b", "c"].map { completion($0) }
    completions[1].origin = .reference
    let slate = try workspace.makeSlate(of: pool[1], completions: completions)
    let original = try workspace.rank(slate, tiers: [[0], [1], [2]])
    #expect(try workspace.outcome(label: original[0])?.outcome != nil)
    func again(age: Int = 0) throws -> Int64? {
      try workspace.repeatSlate(age: age) {
        $0 - 1
      } displayOrder: { count in
        Array((0..<count).reversed())
      }
    }
    // The newest is too young, and a ranking of ties says nothing.
    #expect(try again(age: 1) == nil)
    let id = try #require(try again())
    let copy = try #require(try workspace.slate(id))
    #expect(copy.completions.map(\.id) == slate.completions.map(\.id).reversed())
    let ready = try #require(try workspace.readySlates().first)
    #expect(ready.id == id && ready.isRepeat && ready.activelyChosen)
    // It is in the queue, and then it has been repeated.
    #expect(try again() == nil)
    let before = try workspace.statistics()
    let labels = try workspace.rank(copy, tiers: [[2], [0], [1]])
    #expect(try again() == nil)
    #expect(
      try workspace.repeatedRankings().map(\.agreement) == [PairCount(correct: 2, total: 3)])
    let outcome = try #require(try workspace.outcome(label: labels[0]))
    #expect(outcome.predicted == nil)
    #expect(outcome.outcome == nil)
    let after = try workspace.statistics()
    #expect(after.rankings.count == before.rankings.count + 1)
    #expect(after.rankings.last?.unselectedWords == nil)
    #expect(after.rankings.first?.unselectedWords != nil)
    #expect(try workspace.integrityProblems().isEmpty)
  }

  @Test func paceCountsTheSession() throws {
    let clock = Clock()
    let fresh = try FreshWorkspace.withPrompts(clock: clock)
    let workspace = fresh.workspace
    try workspace.rank(workspace.makeSlate())
    clock.advance(by: 1)
    let start = clock.now
    try workspace.rank(workspace.makeSlate(), demonstration: "Words.")
    try workspace.rank(workspace.makeSlate(), by: "bob")
    clock.advance(by: 360)
    let pace = try workspace.labelingPace(labeler: "ann", since: start)
    #expect(pace == LabelingPace(submissions: 1, seconds: 360))
    #expect(pace.perHour == 10)
    #expect(try workspace.statistics().labelerCounts == ["ann": 3, "bob": 1])
  }

  @Test func secondsPerLabelAreThoseOfTheLastSlates() throws {
    let fresh = try FreshWorkspace(
      prompts: (0..<9).map { NewPrompt(useCase: .chat, text: "Question \($0)?") })
    let workspace = fresh.workspace
    for seconds in [600.0, 5, 20] {
      #expect(try workspace.secondsPerLabel() == nil)
      // What is submitted together was one piece of work.
      try workspace.rank(workspace.makeSlate(), duration: seconds, demonstration: "Words.")
    }
    #expect(try workspace.secondsPerLabel() == 20)
    for seconds in [7.0, 9, 8] {
      try workspace.rank(workspace.makeSlate(), duration: seconds)
    }
    #expect(try workspace.secondsPerLabel(last: 3) == 8)
    #expect(try workspace.secondsPerLabel(last: 5) == 8)
    #expect(try workspace.secondsPerLabel() == 9)
  }

  @Test func seriesAndMetricsKeepTheirOrder() throws {
    let fresh = try FreshWorkspace()
    let workspace = fresh.workspace
    let version = try workspace.publishVersion(.policy, metrics: ["loss": 9]).id
    for step in 1...5 { try workspace.record(metric: "loss", value: Double(step), step: step) }
    try workspace.record(metric: "loss", value: 7, step: 1, version: version)
    #expect(try workspace.series("loss").map(\.value) == [9, 1, 2, 3, 4, 5, 7])
    #expect(try workspace.series("loss", last: 2).map(\.value) == [5, 7])
    #expect(try workspace.series("loss", version: version).map(\.step) == [nil, 1])
    #expect(try workspace.version(version)?.metrics == ["loss": 9])
    #expect(
      sentence { try workspace.record(metric: "loss", value: .nan) }.contains("the metric loss"))
  }
}
