import Exchange
import Feedback
import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

/// `prompts`, `import`, `export` and `stats`.
@Suite struct WorkspaceCommandTests {
  static let ranking =
    #"{"prompt":{"id":"q","messages":[{"role":"user","content":"Why?"}]},"labeler":"ada","created":5,"duration":2,"completions":[{"id":"A","text":"a"},{"id":"B","text":"b"}],"tiers":[["B"],["A"]],"demonstration":{"text":"c"}}"#

  /// How many prompts come with the program.
  func shippedCount() throws -> Int {
    try FileManager.default.contentsOfDirectory(
      at: Program.prompts, includingPropertiesForKeys: nil
    )
    .filter { $0.pathExtension == "jsonl" }
    .reduce(0) {
      try $0 + String(contentsOf: $1, encoding: .utf8).split(separator: "\n").count
    }
  }

  @Test func aNewWorkspaceStartsWithTheShippedPrompts() throws {
    let bench = try Bench()
    let outcome = try bench.run("prompts", "list", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let prompts = try outcome.objects()
    #expect(prompts.count == (try shippedCount()))
    #expect(prompts.count >= 250)
    #expect(prompts.allSatisfy { $0["id"] is String && $0["text"] is String })
    #expect(Set(prompts.compactMap { $0["use_case"] as? String }).count == 10)
  }

  @Test func severalProcessesAtOnceSeedItOnce() throws {
    let bench = try Bench()
    let runs = try (0..<4).map { _ in
      let files = try TemporaryFolder()
      let run = try Program.start(["stats"], in: bench.url, files: files.url)
      return (run.process, run.errors, files)
    }
    for (process, errors, _) in runs {
      process.waitUntilExit()
      let errors = try String(contentsOf: errors, encoding: .utf8)
      #expect(process.terminationStatus == 0, "\(errors)")
    }
    #expect(
      try bench.run("prompts", "list").output.split(separator: "\n").count == (try shippedCount()))
  }

  @Test func aWorkspaceThatPromptsAddMadeHasNoOthers() throws {
    let bench = try Bench()
    try bench.write("mine.txt", "One?\nTwo?\n")
    try bench.write("mine.jsonl", #"{"id":"three","use_case":"chat","text":"Three?"}"#)
    let added = try bench.run("prompts", "add", "mine.txt", "mine.jsonl", "--json")
    #expect(added.status == 0, "\(added.errors)")
    #expect(try added.objects().first as? [String: Int] == ["added": 3, "read": 3])
    #expect(
      try bench.run("prompts", "add", "mine.txt", "--json").objects().first as? [String: Int] == [
        "added": 0, "read": 2,
      ])
    func texts(_ options: String...) throws -> [String?] {
      try Program.run(["prompts", "list", "--json"] + options, in: bench.url).objects()
        .map { $0["text"] as? String }
    }
    #expect(try texts() == ["One?", "Two?", "Three?"])
    #expect(try bench.run("prompts", "retire", "three").status == 0)
    #expect(try texts() == ["One?", "Two?"])
    #expect(try texts("--retired") == ["One?", "Two?", "Three?"])
    let unknown = try bench.run("prompts", "retire", "four")
    #expect(unknown.status == 1)
    #expect(unknown.errors.contains("four"))
  }

  @Test func anUnusablePromptFileMakesNoWorkspace() throws {
    let bench = try Bench()
    try bench.write("bad.jsonl", "{\"text\":\"fine\"}\n{\"text\":\"a\\u001b\"}\n")
    let outcome = try bench.run("prompts", "add", "bad.jsonl")
    #expect(outcome.status == 1)
    #expect(outcome.errors.hasPrefix("Error: bad.jsonl:2: the prompt holds the control character"))
    #expect(!FileManager.default.fileExists(atPath: bench.path("workspace")))
  }

  @Test func aPromptIdThatIsTakenIsNamedWithItsLine() throws {
    let bench = try Bench()
    try bench.write("one.jsonl", #"{"id":"a","text":"one"}"#)
    try bench.write("two.jsonl", "{\"id\":\"b\",\"text\":\"b\"}\n{\"id\":\"a\",\"text\":\"two\"}\n")
    #expect(try bench.run("prompts", "add", "one.jsonl").status == 0)
    let outcome = try bench.run("prompts", "add", "two.jsonl")
    #expect(outcome.status == 1)
    #expect(outcome.errors.hasPrefix("Error: two.jsonl:2: "), "\(outcome.errors)")
    #expect(try bench.run("prompts", "list").output.split(separator: "\n").count == 1)
  }

  @Test func whatIsImportedIsExportedAndCounted() throws {
    let bench = try Bench()
    try bench.write("labels.jsonl", Self.ranking + "\n")
    let imported = try bench.run("import", "rankings", "labels.jsonl", "--json")
    #expect(imported.status == 0, "\(imported.errors)")
    #expect(try imported.objects().first as? [String: Int] == ["labels": 2, "records": 1])

    let exported = try bench.run("export", "rankings")
    #expect(exported.status == 0, "\(exported.errors)")
    try bench.write("again.jsonl", exported.output)
    #expect(
      try bench.run("import", "rankings", "again.jsonl", "--workspace", "other").status == 0)
    #expect(
      try bench.run("export", "rankings", "--workspace", "other").output == exported.output)
    #expect(
      try bench.run("export", "rankings", "--out", "out.jsonl").output.isEmpty)
    #expect(
      try String(contentsOfFile: bench.path("out.jsonl"), encoding: .utf8) == exported.output)
    #expect(
      try bench.run("export", "trl-preference").output
        == #"{"chosen":[{"content":"b","role":"assistant"}],"prompt":[{"content":"Why?","role":"user"}],"rejected":[{"content":"a","role":"assistant"}]}"#
        + "\n")

    let stats = try #require(try bench.run("stats", "--json").objects().first)
    #expect(stats["labels"] as? [String: Int] == ["ranking": 1, "demonstration": 1, "skip": 0])
    #expect(stats["labelers"] as? [String: Int] == ["ada": 2])
    #expect((stats["versions"] as? [Any])?.isEmpty == true)
    #expect(stats["reward_accuracy"] is NSNull)
    #expect(stats["win_rate"] is NSNull)
    #expect((stats["calibration"] as? [Any])?.isEmpty == true)
    #expect(stats["calibration_error"] is NSNull)
    #expect((stats["accuracy_by_use_case"] as? [String: Any])?.isEmpty == true)
    #expect((stats["ratings"] as? [Any])?.isEmpty == true)
    #expect(stats["self_agreement"] is NSNull)
  }

  @Test func anUnusableLineImportsNothing() throws {
    let bench = try Bench()
    try bench.write(
      "labels.jsonl", Self.ranking + "\n" + Self.ranking.replacing(#"["A"]"#, with: #"["C"]"#))
    let outcome = try bench.run("import", "rankings", "labels.jsonl")
    #expect(outcome.status == 1)
    #expect(outcome.errors == "Error: labels.jsonl:2: there is no completion “C”\n")
    #expect(try bench.run("export", "rankings").output.isEmpty)
  }

  /// Two labelled slates whose scores were stored before: three of four pairs right, one win, one tie.
  @Test func figuresComeWithTheirIntervals() throws {
    let bench = try Bench()
    #expect(try bench.run("prompts", "list").status == 0)
    let workspace = try Workspace.open(bench.url.appendingPathComponent("workspace"))
    defer { workspace.close() }
    let reward = try publish(.reward, in: workspace)
    let policy = try publish(.policy, in: workspace)
    func completion(_ origin: CompletionOrigin, _ version: Int64) -> NewCompletion {
      NewCompletion(
        text: "text", tokenIDs: [5, 2], logprobs: [-1, -1], finishReason: .stop,
        policyVersion: version, sampling: SamplingParameters(), seed: 1, origin: origin)
    }
    for (scores, tiers) in [
      ([[3], [2], [1]], [[0], [1], [2]]), ([[1], [1], [2]], [[0, 1], [2]]),
    ]
      as [([[Float]], [[Int]])]
    {
      let prompt = try #require(try workspace.nextPrompt())
      let id = try workspace.beginSlate(prompt: prompt.id, activelyChosen: false, count: 3)
      try workspace.finishSlate(
        id,
        completions: [
          completion(.unselected, policy), completion(.reference, 0), completion(.selected, policy),
        ], rewardVersion: reward, scores: scores, displayOrder: [0, 1, 2])
      let ids = try workspace.completions(slate: id).map(\.id)
      try workspace.submit(
        Submission(
          slate: id, prompt: prompt.id, labeler: "ada",
          contents: [.ranking(try Ranking(tiers: tiers.map { $0.map { ids[$0] } }, of: ids))]))
    }

    let stats = try #require(try bench.run("stats", "--json").objects().first)
    struct Figures: Decodable {
      struct Accuracy: Decodable, Equatable {
        var value: Double
        var low: Double
        var high: Double
        var pairs: Int
      }
      struct Wins: Decodable, Equatable {
        var value: Double
        var low: Double
        var high: Double
        var comparisons: Int
      }
      var rewardAccuracy: Accuracy
      var winRate: Wins
    }
    let figures = try #require(try bench.run("stats", "--json").lines(as: Figures.self).first)
    #expect(figures.rewardAccuracy == .init(value: 0.6, low: 0, high: 1, pairs: 5))
    let expected = try #require(wilsonInterval(wins: 1.5, of: 2))
    #expect(
      figures.winRate
        == .init(value: 0.75, low: expected.low, high: expected.high, comparisons: 2))
    let versions = try #require(stats["versions"] as? [[String: Any]])
    #expect(versions.map { $0["id"] as? String } == [String(reward), String(policy)])
    #expect(versions.map { $0["kind"] as? String } == ["reward", "policy"])
    #expect(versions.map { $0["state"] as? String } == ["current", "current"])
    let text = try bench.run("stats").output
    #expect(text.contains("60.0 % (0.0 % to 100.0 %) of 5 pairs"))
    #expect(text.contains("of 2 comparisons, not certain yet: at this rate "))
  }

  /// One prompt's completions, ranked twice: by the scores, and with the last two turned.
  @Test func calibrationRatingsAndRepeatsAreTold() throws {
    let bench = try Bench()
    try bench.write("one.jsonl", #"{"id":"one","use_case":"chat","text":"Why?"}"#)
    #expect(try bench.run("prompts", "add", "one.jsonl").status == 0)
    let workspace = try Workspace.open(bench.url.appendingPathComponent("workspace"))
    defer { workspace.close() }
    let reward = try publish(.reward, in: workspace)
    let policy = try publish(.policy, in: workspace)
    let prompt = try #require(try workspace.prompt(key: "one"))
    for tiers in [[0, 1, 2], [0, 2, 1]] {
      let id = try workspace.beginSlate(prompt: prompt.id, activelyChosen: false, count: 3)
      let origins: [CompletionOrigin] = [.unselected, .reference, .selected]
      let ids = try workspace.finishSlate(
        id,
        completions: origins.enumerated().map { index, origin in
          NewCompletion(
            text: "text \(index)", tokenIDs: [5, 2], logprobs: [-1, -1], finishReason: .stop,
            policyVersion: origin == .reference ? 0 : policy, sampling: SamplingParameters(),
            seed: 1, origin: origin)
        }, rewardVersion: reward, scores: [[2], [1], [0]], displayOrder: [0, 1, 2])
      try workspace.submit(
        Submission(
          slate: id, prompt: prompt.id, labeler: "ada",
          contents: [.ranking(try Ranking(tiers: tiers.map { [ids[$0]] }, of: ids))]))
    }

    let stats = try #require(try bench.run("stats", "--json").objects().first)
    // Margins 1, 2 and 1, then 1, 2 and −1: σ(1) = 0.731, σ(2) = 0.881.
    let bins = try #require(stats["calibration"] as? [[String: Double]])
    #expect(bins.map { $0["low"] } == [0.7, 0.8])
    #expect(bins.map { $0["high"] } == [0.8, 0.9])
    #expect(bins.map { $0["pairs"] } == [4, 2])
    #expect(bins.map { $0["right"] } == [0.75, 1])
    #expect(abs((bins[0]["predicted"] ?? 0) - 0.7311) < 1e-4)
    #expect(abs((bins[1]["predicted"] ?? 0) - 0.8808) < 1e-4)
    let error = try #require(stats["calibration_error"] as? Double)
    #expect(abs(error - (4 * (0.75 - 0.73106) + 2 * (1 - 0.88080)) / 6) < 1e-4)

    let useCases = try #require(stats["accuracy_by_use_case"] as? [String: [String: Double]])
    #expect(Set(useCases.keys) == ["chat"])
    #expect(useCases["chat"]?["pairs"] == 6)
    #expect(abs((useCases["chat"]?["value"] ?? 0) - 5.0 / 6) < 1e-9)

    let ratings = try #require(stats["ratings"] as? [[String: Any]])
    #expect(ratings.map { $0["versions"] as? String } == ["\(policy)"])
    #expect(ratings.first?["comparisons"] as? Int == 2)
    #expect(abs((ratings.first?["rating"] as? Double ?? 0) - 1.6094) < 1e-4)  // log(2.5 / 0.5)

    let repeats = try #require(stats["self_agreement"] as? [String: Double])
    #expect(repeats["pairs"] == 3)
    #expect(abs((repeats["value"] ?? 0) - 2.0 / 3) < 1e-9)

    let text = try bench.run("stats").output
    for line in [
      "  chat: 83.3 % ", "  73.1 % sure: right 75.0 % of 4 pairs\n", "  \(policy): 83.3 % ",
      "The same completions ranked again, in the same order: 66.7 % ",
    ] { #expect(text.contains(line), "\(text)") }
  }

  private func publish(_ kind: VersionKind, in workspace: Workspace) throws -> Int64 {
    let id = try workspace.reserveVersion()
    let folder = workspace.directory.appendingPathComponent(Workspace.versionPath(kind, id))
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in ["adapter_config.json", "adapter_model.safetensors", "optimizer.safetensors"] {
      try Data("\(kind) \(name)".utf8).write(to: folder.appendingPathComponent(name))
    }
    try workspace.publish(NewVersion(id: id, kind: kind, parent: nil, learntFrom: []))
    return id
  }

  @Test func theAdaptersInUseAreExported() throws {
    let bench = try Bench()
    let early = try bench.run("export", "peft", "--out", "adapters")
    #expect(early.status == 1)
    #expect(early.errors.contains("Nothing has been learnt"))
    #expect(!FileManager.default.fileExists(atPath: bench.path("adapters")))
    let workspace = try Workspace.open(bench.url.appendingPathComponent("workspace"))
    defer { workspace.close() }
    _ = try publish(.policy, in: workspace)
    _ = try publish(.reward, in: workspace)
    let outcome = try bench.run("export", "peft", "--out", "adapters")
    #expect(outcome.status == 0, "\(outcome.errors)")
    for kind in ["policy", "reward"] {
      let folder = bench.url.appendingPathComponent("adapters/\(kind)")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          == ["adapter_config.json", "adapter_model.safetensors"])
      #expect(
        try String(
          contentsOf: folder.appendingPathComponent("adapter_config.json"), encoding: .utf8)
          == "\(kind) adapter_config.json")
    }
    #expect(try bench.run("export", "peft", "--out", "adapters").status == 1)
  }

  @Test func thePolicyIsExportedForLlamaCpp() throws {
    let bench = try Bench()
    let early = try bench.run("export", "gguf-lora", "--out", "lora.gguf")
    #expect(early.status == 1)
    #expect(early.errors.contains("No policy has been learnt"))
    #expect(!FileManager.default.fileExists(atPath: bench.path("lora.gguf")))

    let workspace = try Workspace.open(bench.url.appendingPathComponent("workspace"))
    defer { workspace.close() }
    let version = try publish(.policy, in: workspace)
    let configuration = try ModelConfiguration(gguf: GGUFFile(path: bench.model))
    let adapter = LoRAAdapter(configuration: configuration, rank: 2, alpha: 4, seed: 1)
    let folder = workspace.directory.appendingPathComponent(
      Workspace.versionPath(.policy, version))
    try PEFT.write(adapter: adapter, baseModelName: "tiny", to: folder)

    let outcome = try bench.run("export", "gguf-lora", "--out", "lora.gguf")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("policy \(version)"))
    let written = try GGUFFile(path: bench.path("lora.gguf"))
    #expect(written.float("adapter.lora.alpha") == 4)
    #expect(written.tensors.count == 2 * 7 * 2)

    // The same adapter by its folder, without a workspace.
    #expect(
      try bench.run(
        "export", "gguf-lora", "--adapter", folder.path, "--out", "other.gguf", "--workspace",
        "none"
      ).status == 0)
    #expect(!FileManager.default.fileExists(atPath: bench.path("none")))
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: bench.path("lora.gguf")))
        == Data(contentsOf: URL(fileURLWithPath: bench.path("other.gguf"))))

    try PEFT.write(
      adapter: adapter, heads: [Array(repeating: 0, count: configuration.hiddenSize)],
      baseModelName: "tiny", to: bench.url.appendingPathComponent("reward"))
    let reward = try bench.run(
      "export", "gguf-lora", "--adapter", "reward", "--out", "reward.gguf")
    #expect(reward.status == 1)
    #expect(reward.errors.contains("reward holds a reward model"), "\(reward.errors)")
    #expect(!FileManager.default.fileExists(atPath: bench.path("reward.gguf")))
  }
}
