import Feedback
import TestSupport
import Testing

@testable import Storage

/// The pool, and which prompt comes next.
@Suite struct PromptTests {
  @Test func theSamePromptAgainIsNotNew() throws {
    let fresh = try FreshWorkspace()
    let workspace = fresh.workspace
    let conversation = [
      Message(role: .user, content: "Hi"), Message(role: .assistant, content: "Hello"),
      Message(role: .user, content: "Sing 🎵"),
    ]
    #expect(
      try workspace.addPrompts([
        NewPrompt(key: "moon", useCase: .generation, text: promptTexts[0]),
        NewPrompt(useCase: .chat, messages: conversation),
      ]) == 2)
    #expect(try workspace.addPrompts([NewPrompt(useCase: .chat, messages: conversation)]) == 0)
    #expect(try workspace.promptCount() == 2)
    #expect(try workspace.prompts()[1].prompt.messages == conversation)
    #expect(try workspace.prompt(key: "moon")?.useCase == .generation)
  }

  @Test func aPromptWithoutAKeyIsTheOneThatHasItsWords() throws {
    let long = String(repeating: "Tell me of the sea. ", count: 20)
    let fresh = try FreshWorkspace(prompts: [
      NewPrompt(key: "moon", useCase: .generation, text: promptTexts[0]),
      NewPrompt(key: "sea", text: long + "And of fish."),
    ])
    let workspace = fresh.workspace
    #expect(try workspace.addPrompts([NewPrompt(text: promptTexts[0])]) == 0)
    #expect(try workspace.addPrompts([NewPrompt(text: long + "And of ships.")]) == 1)
    let id = try workspace.importLabels([
      ImportedLabel(
        prompt: NewPrompt(text: promptTexts[0]), labeler: "eve", demonstration: "Round.")
    ])[0][0]
    let prompt = try workspace.labels().first { $0.id == id }?.prompt
    #expect(prompt?.key == "moon" && prompt?.useCase == .generation)
    // Another name is another prompt.
    #expect(try workspace.addPrompts([NewPrompt(key: "again", text: promptTexts[0])]) == 1)
  }

  @Test func aKeyNamesOnePromptAndNothingIsAddedByHalves() throws {
    let fresh = try FreshWorkspace(prompts: [NewPrompt(key: "moon", text: "one")])
    let message = sentence {
      try fresh.workspace.addPrompts([
        NewPrompt(text: "other"), NewPrompt(key: "moon", text: "two"),
      ])
    }
    #expect(message.contains("“moon”"))
    #expect(try fresh.workspace.promptCount() == 1)
  }

  @Test func aPromptEndsWithAUsersWords() throws {
    let fresh = try FreshWorkspace()
    for messages in [
      [], [Message(role: .user, content: " \n")],
      [Message(role: .user, content: "a"), Message(role: .assistant, content: "b")],
    ] {
      let message = sentence {
        try fresh.workspace.addPrompts([NewPrompt(key: "k", useCase: .chat, messages: messages)])
      }
      #expect(message.contains("does not end with a user's words"))
    }
  }

  @Test func retiredPromptsAreNeverNext() throws {
    let fresh = try FreshWorkspace(prompts: [NewPrompt(key: "a", text: "a")])
    let workspace = fresh.workspace
    let slate = try workspace.makeSlate()
    try workspace.retirePrompt(key: "a")
    #expect(try workspace.nextPrompt() == nil)
    #expect(try workspace.status(ofSlate: slate.id) == .discarded)
    #expect(try workspace.promptCount() == 0)
    #expect(try workspace.prompts(includingRetired: true).map(\.isRetired) == [true])
    #expect(sentence { try workspace.retirePrompt(key: "b") }.contains("“b”"))
    #expect(try workspace.addPrompts([NewPrompt(key: "a", text: "a")]) == 1)
    #expect(try workspace.nextPrompt()?.key == "a")
  }

  @Test func anEmptyPoolHasNoNext() throws {
    let fresh = try FreshWorkspace()
    #expect(try fresh.workspace.nextPrompt() == nil)
  }

  @Test func unusedPromptsComeFirstThenTheLeastUsed() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    var seen: [String] = []
    for _ in 0..<3 {
      let slate = try workspace.makeSlate()
      seen.append(slate.prompt.key)
      try workspace.rank(slate)
    }
    #expect(Set(seen).count == 3)
    let again = try workspace.makeSlate()
    #expect(try workspace.nextPrompt()?.id != again.prompt.id)
  }

  @Test func aPromptWhoseSlateWaitsIsNotNext() throws {
    let fresh = try FreshWorkspace(prompts: [NewPrompt(text: "only one")])
    let workspace = fresh.workspace
    let slate = try workspace.makeSlate()
    #expect(try workspace.nextPrompt() == nil)
    try workspace.discardSlate(slate.id)
    #expect(try workspace.nextPrompt() != nil)
    #expect(try workspace.prompts()[0].slateCount == 0)
  }

  @Test func theSameSeedGivesTheSamePrompt() throws {
    let prompts = (0..<50).map { NewPrompt(useCase: .chat, text: "Question \($0)?") }
    let one = try FreshWorkspace(prompts: prompts)
    let two = try FreshWorkspace(prompts: prompts.reversed())
    let keys = try (0..<20).map { try one.workspace.nextPrompt(seed: $0)!.key }
    #expect(try keys == (0..<20).map { try two.workspace.nextPrompt(seed: $0)!.key })
    #expect(Set(keys).count > 5)
  }

  @Test func weightsChangeTheMix() throws {
    let prompts = [UseCase.generation, .chat].flatMap { useCase in
      (0..<60).map { NewPrompt(useCase: useCase, text: "\(useCase.rawValue) \($0)") }
    }
    let fresh = try FreshWorkspace(prompts: prompts)
    var chats = 0
    for seed in 0..<40 {
      // Chat's part of 8.4 % becomes as large as generation's of 45.6 %.
      let prompt = try fresh.workspace.nextPrompt(
        seed: UInt64(seed), weights: [.chat: 45.6 / 8.4])!
      if prompt.useCase == .chat { chats += 1 }
      try fresh.workspace.rank(fresh.workspace.makeSlate(of: prompt))
    }
    #expect((19...21).contains(chats))
  }

  @Test func chosenSlatesDoNotBendTheMixOfTheOthers() throws {
    let prompts = [UseCase.generation, .brainstorming].flatMap { useCase in
      (0..<60).map { NewPrompt(useCase: useCase, text: "\(useCase.rawValue) \($0)") }
    }
    let fresh = try FreshWorkspace(prompts: prompts)
    let workspace = fresh.workspace
    // Every other slate is chosen, and always brainstorming.
    var plain: [UseCase: Int] = [:]
    for _ in 0..<40 {
      let counts = try workspace.slateCounts(activelyChosen: false)
      let prompt = try workspace.nextPrompt(counts: counts)!
      plain[prompt.useCase, default: 0] += 1
      try workspace.rank(workspace.makeSlate(of: prompt))
      let chosen = try workspace.nextPrompt(
        weights: [.generation: 1e-6],
        counts: workspace.slateCounts(activelyChosen: true))!
      #expect(chosen.useCase == .brainstorming)
      try workspace.rank(
        workspace.makeSlate(of: chosen, activelyChosen: true))
    }
    // 11.2 to 45.6.
    #expect((7...9).contains(plain[.brainstorming] ?? 0))
    #expect(try workspace.slateCounts(activelyChosen: true) == [.brainstorming: 40])
  }

  @Test func whatIsChosenLeavesTheFairSampleAsItIs() throws {
    let prompts = (0..<120).map { NewPrompt(useCase: .chat, text: "Question \($0)?") }
    func fair(choosing: Bool) throws -> [String] {
      let fresh = try FreshWorkspace(prompts: prompts)
      let workspace = fresh.workspace
      return try (0..<15).map { _ in
        if choosing {
          for stream in [PromptStream.chosen, .practice] {
            let prompt = try #require(try workspace.nextPrompt(seed: 5, stream: stream))
            _ = try workspace.makeSlate(of: prompt, activelyChosen: true)
          }
        }
        let prompt = try #require(try workspace.nextPrompt(seed: 5))
        _ = try workspace.makeSlate(of: prompt)
        return prompt.key
      }
    }
    #expect(try fair(choosing: true) == fair(choosing: false))
  }

  @Test func pairsOfPromptsAreTheNewest() throws {
    let fresh = try FreshWorkspace(prompts: [
      NewPrompt(key: "a", useCase: .chat, text: "a"),
      NewPrompt(key: "b", useCase: .chat, text: "b"),
    ])
    let workspace = fresh.workspace
    var prompts: [Int64] = []
    for key in ["a", "b", "a"] {
      let prompt = try workspace.prompt(key: key)!
      try workspace.rank(workspace.makeSlate(of: prompt))
      prompts.append(prompt.id)
    }
    let pairs = try workspace.pairsByPrompt(limit: 2)
    #expect(pairs.map(\.prompt) == [prompts[2], prompts[1]])
    #expect(pairs.allSatisfy { $0.pairs > 0 })
    try workspace.undoLast(labeler: "ann")
    #expect(try workspace.pairsByPrompt(limit: 9).map(\.prompt) == [prompts[1], prompts[0]])
    try workspace.retirePrompt(key: "a")
    #expect(try workspace.pairsByPrompt(limit: 9).count == 2)
    #expect(
      try workspace.pairsByPrompt(limit: 9, includingRetired: false).map(\.prompt) == [prompts[1]])
  }

  @Test func pairsAreCountedByUseCase() throws {
    let fresh = try FreshWorkspace(prompts: [
      NewPrompt(key: "a", useCase: .chat, text: "a"),
      NewPrompt(key: "b", useCase: .chat, text: "b"),
      NewPrompt(key: "c", useCase: .rewrite, text: "c"),
    ])
    let workspace = fresh.workspace
    #expect(try workspace.pairsByUseCase().isEmpty)
    for (key, tiers) in [("a", [[0], [1], [2]]), ("b", [[0, 1], [2]]), ("c", [[0, 1, 2]])] {
      try workspace.rank(workspace.makeSlate(of: workspace.prompt(key: key)!), tiers: tiers)
    }
    let counts = try workspace.pairsByUseCase()
    #expect(counts[.chat]! == (2, 5))
    #expect(counts[.rewrite]! == (1, 0))
    #expect(counts.count == 2)
    try workspace.undoLast(labeler: "ann")
    #expect(try workspace.pairsByUseCase()[.rewrite] == nil)
  }

  @Test func slatesFollowTheMixOfUseCases() throws {
    let prompts = UseCase.allCases.flatMap { useCase in
      (0..<60).map { NewPrompt(useCase: useCase, text: "\(useCase.rawValue) \($0)") }
    }
    let fresh = try FreshWorkspace(prompts: prompts)
    var counts: [UseCase: Int] = [:]
    for seed in 0..<100 {
      let prompt = try fresh.workspace.nextPrompt(seed: UInt64(seed))!
      counts[prompt.useCase, default: 0] += 1
      _ = try fresh.workspace.beginSlate(prompt: prompt.id, activelyChosen: false, count: 4)
    }
    for useCase in UseCase.allCases {
      #expect(abs(Double(counts[useCase] ?? 0) - useCase.share * 100) < 1.5, "\(useCase)")
    }
  }

  @Test func useCasesThatRanOutLeaveTheirShareToTheOthers() throws {
    let prompts =
      (0..<40).map { NewPrompt(useCase: .openQA, text: "qa \($0)") }
      + (0..<40).map { NewPrompt(useCase: .rewrite, text: "rewrite \($0)") }
      + [NewPrompt(useCase: .generation, text: "one")]
    let fresh = try FreshWorkspace(prompts: prompts)
    var counts: [UseCase: Int] = [:]
    for _ in 0..<31 {
      let prompt = try fresh.workspace.nextPrompt()!
      counts[prompt.useCase, default: 0] += 1
      _ = try fresh.workspace.beginSlate(prompt: prompt.id, activelyChosen: false, count: 4)
    }
    #expect(counts[.generation] == 1)
    #expect(abs(counts[.openQA, default: 0] - 20) <= 1, "\(counts)")
  }

  @Test func heldOutIsAFixedShareOfPrompts() throws {
    let keys = (0..<5000).map { "prompt-\($0)" }
    let heldOut = keys.filter { HeldOut.contains(promptKey: $0) }
    #expect(abs(Double(heldOut.count) / 5000 - HeldOut.defaultShare) < 0.015)
    #expect(heldOut.allSatisfy { HeldOut.contains(promptKey: $0, share: 0.2) })
    #expect(!keys.contains { HeldOut.contains(promptKey: $0, share: 0) })
    // The same on every machine, for ever: labels already stored depend on it.
    #expect(
      keys.prefix(40).filter { HeldOut.contains(promptKey: $0) }
        == ["prompt-0", "prompt-2", "prompt-4"])
  }

  @Test func aLargePoolIsReadByItsIndexes() throws {
    let fresh = try FreshWorkspace()
    let workspace = fresh.workspace
    try workspace.fill(prompts: 20_000)
    for question in [NextPromptSQL.fewestSlates, NextPromptSQL.after, NextPromptSQL.first] {
      let plan = try workspace.plan(question).filter { $0.contains(" prompts ") }
      #expect(plan.count == 1 && plan[0].hasPrefix("SEARCH prompts USING"), "\(plan)")
      #expect(plan[0].contains("INDEX prompts_next"))
    }
    #expect(try workspace.nextPrompt(seed: 3) != nil)
  }
}
