import Foundation
import TestSupport
import Testing

/// What is wrong with the input is one sentence and exit code 1; wrong usage is 64.
@Suite struct BadInputTests {
  static let demonstration = #"{"prompt":"a","completion":"b"}"#

  func expectRefusal(
    _ outcome: Program.Outcome, _ parts: String..., location: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.status == 1, "\(outcome.errors)", sourceLocation: location)
    #expect(outcome.output.isEmpty, sourceLocation: location)
    #expect(outcome.errors.hasPrefix("Error: "), "\(outcome.errors)", sourceLocation: location)
    #expect(
      outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)",
      sourceLocation: location)
    for part in parts {
      #expect(outcome.errors.contains(part), "\(outcome.errors)", sourceLocation: location)
    }
  }

  @Test func aMissingModel() throws {
    let bench = try Bench()
    expectRefusal(
      try bench.run("generate", "--model", "nowhere.gguf", input: "Hi\n"),
      "There is no model at nowhere.gguf")
    expectRefusal(
      try Program.run(
        ["tokenize"], in: bench.url, environment: ["APPRENTICE_MODEL": "/nowhere/model.gguf"]),
      "There is no model at /nowhere/model.gguf", "make model")
  }

  @Test func aForeignModel() throws {
    let bench = try Bench()
    let path = try bench.write("foreign.gguf", "PK\u{3}\u{4} this is something else altogether")
    for command in [["tokenize"], ["generate"], ["logprobs"]] {
      expectRefusal(
        try Program.run(command + ["--model", path], input: "", in: bench.url), path)
    }
  }

  @Test(arguments: [3, 40, 5000, 20_000])
  func aTruncatedModel(bytes: Int) throws {
    let bench = try Bench()
    let url = bench.url.appendingPathComponent("short.gguf")
    try TinyModel.bytes().prefix(bytes).write(to: url)
    expectRefusal(try bench.run("generate", "--model", url.path, input: "Hi\n"), url.path)
  }

  @Test func aModelOfNumbersThatAreNone() throws {
    let bench = try Bench()
    // The last tensor is a norm's weights of 64 floats.
    let bytes = TinyModel.bytes().dropLast(256) + Data(repeating: 0xFF, count: 256)
    try bytes.write(to: URL(fileURLWithPath: bench.path("nan.gguf")))
    for options in [["--top-p", "0.9"], ["--temperature", "0"], []] {
      expectRefusal(
        try Program.run(
          ["generate", "--model", "nan.gguf"] + options, input: "Hi\n", in: bench.url),
        "not finite")
    }
    expectRefusal(
      try bench.run("logprobs", "--model", "nan.gguf", input: Self.demonstration + "\n"),
      "not finite")
  }

  @Test(arguments: ["sft", "reward", "dpo"])
  func malformedTrainingData(kind: String) throws {
    let bench = try Bench()
    let before = try bench.names()
    let path = try bench.write(
      "data.jsonl",
      (kind == "sft" ? Self.demonstration : #"{"prompt":"a","chosen":"b","rejected":"c"}"#)
        + "\r\n\r\n{\"prompt\":\n")
    expectRefusal(
      try bench.run("train", kind, "--data", "data.jsonl", "--out", "a"),
      "data.jsonl:3: is not valid JSON")
    #expect(try bench.names() == before.union(["data.jsonl"]))
    expectRefusal(
      try bench.run("train", kind, "--data", path + "x", "--out", "a"), path + "x",
      "No such file or directory")
  }

  @Test func aRecordLongerThanTheContext() throws {
    let bench = try Bench()
    let long = String(repeating: "x", count: 2000)
    try bench.write(
      "data.jsonl", Self.demonstration + "\n{\"prompt\":\"a\",\"completion\":\"\(long)\"}")
    expectRefusal(
      try bench.run("train", "sft", "--data", "data.jsonl", "--out", "a"),
      "data.jsonl:2: the text is ", "the model's context is 1024")
  }

  @Test func onlyTies() throws {
    let bench = try Bench()
    try bench.write("data.jsonl", #"{"prompt":"p","completions":["a","b"],"tiers":[1,1]}"#)
    expectRefusal(
      try bench.run("train", "dpo", "--data", "data.jsonl", "--out", "a"),
      "data.jsonl holds nothing but ties")
  }

  @Test func anOutputFolderThatIsThereIsRefusedFirst() throws {
    let bench = try Bench()
    try FileManager.default.createDirectory(
      atPath: bench.path("a"), withIntermediateDirectories: false)
    // Neither the data nor the model is there: they are not looked at.
    expectRefusal(
      try bench.run("train", "sft", "--data", "none", "--out", "a", "--model", "none"),
      "a is already there")
    try bench.write("file", "")
    expectRefusal(
      try bench.run("train", "sft", "--data", "none", "--out", "file/a", "--model", "none"),
      "file/a cannot be made")
  }

  @Test func anAdapterThatDoesNotFit() throws {
    let bench = try Bench()
    try bench.write("data.jsonl", Self.demonstration)
    #expect(
      try bench.run("train", "sft", "--data", "data.jsonl", "--out", "a", "--steps", "1").status
        == 0)
    let record = Self.demonstration + "\n"
    expectRefusal(
      try bench.run("logprobs", "--adapter", "nowhere", input: record), "nowhere")
    expectRefusal(
      try bench.run("score", "--reward", "a", input: record), "a holds a policy, not a reward model"
    )

    let weights = bench.url.appendingPathComponent("a/adapter_model.safetensors")
    let whole = try Data(contentsOf: weights)
    try whole.prefix(whole.count / 2).write(to: weights)
    expectRefusal(
      try bench.run("logprobs", "--adapter", "a", input: record), "adapter_model.safetensors")
    try whole.write(to: weights)

    // Another model's: layer 1 of two is called layer 7.
    let text = String(decoding: whole, as: Unicode.ASCII.self)
    #expect(text.contains("model.layers.1."))
    var foreign = whole
    var start = foreign.startIndex
    while let found = foreign.range(of: Data("layers.1.".utf8), in: start..<foreign.endIndex) {
      foreign.replaceSubrange(found, with: Data("layers.7.".utf8))
      start = found.upperBound
    }
    try foreign.write(to: weights)
    expectRefusal(
      try bench.run("generate", "--adapter", "a", input: "Hi\n"), "adapter of another model")
  }

  @Test(arguments: ["logprobs", "score"])
  func malformedInputIsNamedWithItsLine(command: String) throws {
    let bench = try Bench()
    try bench.write("data.jsonl", #"{"prompt":"a","chosen":"b","rejected":"c"}"#)
    #expect(
      try bench.run("train", "reward", "--data", "data.jsonl", "--out", "r", "--steps", "1").status
        == 0)
    let options = command == "score" ? ["--reward", "r"] : []
    let outcome = try Program.run(
      [command, "--model", bench.model] + options, input: "\n{\"prompt\":\"a\"}\n", in: bench.url)
    expectRefusal(outcome, "standard input:2: the line lacks \"completion\"")
  }

  @Test(
    arguments: [
      ["train"], ["train", "sft", "--data", "x"], ["train", "magic", "--data", "x", "--out", "y"],
      ["train", "sft", "--data", "x", "--out", "y", "--beta", "1"],
      ["train", "sft", "--data", "x", "--out", "y", "--steps", "0"],
      ["train", "sft", "--data", "x", "--out", "y", "--layers", "3"],
      ["train", "reward", "--data", "x", "--out", "y", "--heads", "0"],
      ["generate", "-n", "0"], ["generate", "--temperature", "-1"], ["generate", "--top-p", "0"],
      ["generate", "--seed", "-1"], ["export", "peft"], ["export", "gguf-lora"],
      ["export", "rankings", "--adapter", "x"], ["export", "csv"], ["import", "rankings"],
      ["score"], ["prompts", "add"], ["nonsense", "x"], ["stats", "--what"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let bench = try Bench()
    let outcome = try Program.run(
      arguments, in: bench.url, environment: ["APPRENTICE_MODEL": bench.model])
    #expect(outcome.status == 64, "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(!outcome.errors.isEmpty)
    #expect(try bench.names() == ["tiny.gguf"])
  }
}
