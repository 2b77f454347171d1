import Feedback
import Foundation
import Storage
import TestSupport

@testable import Exchange

extension NewCompletion {
  /// A completion with everything that is kept about one; no two of different seeds are alike.
  static func sample(_ text: String, seed: UInt64) -> NewCompletion {
    NewCompletion(
      text: text, tokenIDs: [5, Int32(seed % 1000), 2],
      logprobs: [-0.1, -1.0 / 3, -Float(seed % 97)], finishReason: seed % 2 == 0 ? .stop : .length,
      policyVersion: Int64(seed % 5),
      sampling: SamplingParameters(
        temperature: 0.7, topK: 40, topP: 0.95, minP: 0.05, maxTokens: 64),
      seed: .max - seed, origin: [.selected, .unselected, .reference][Int(seed % 3)])
  }
}

extension Workspace {
  /// Makes a slate whose completions stand in the given order.
  func makeSlate(_ texts: [String], activelyChosen: Bool = false) throws -> Slate {
    let prompt = try nextPrompt()!
    let id = try beginSlate(
      prompt: prompt.id, activelyChosen: activelyChosen, count: texts.count)
    try finishSlate(
      id, completions: texts.enumerated().map { .sample($1, seed: UInt64(id) * 10 + UInt64($0)) },
      rewardVersion: nil, scores: nil, displayOrder: Array(texts.indices.reversed()))
    return try slate(id)!
  }

  /// The lines of an export.
  func exported(_ format: DatasetFormat) throws -> [String] {
    var lines: [String] = []
    try DatasetExport.write(format, of: self) { lines.append($0) }
    return lines
  }

  /// Imports lines as one file.
  @discardableResult
  func importing(_ format: DatasetFormat, _ lines: [String]) throws -> Int {
    let file = try TextFile(lines.joined(separator: "\n"))
    return try DatasetImport.add(
      DatasetImport.read(format, paths: [file.path], labeler: "imported"), to: self)
  }
}

/// A workspace with labels of every kind: a ranking with a tie, flags, quality and an edited
/// demonstration; a ranking of two; a skip; a demonstration of a prompt alone; a ranking taken back.
func labelledWorkspace() throws -> FreshWorkspace {
  let fresh = try FreshWorkspace(prompts: [
    NewPrompt(key: "p-1", useCase: .openQA, text: "Why is \"rain\" wet?\nBe brief."),
    NewPrompt(key: "p-2", useCase: .chat, text: "Hello, 世界 👩‍🚀"),
    NewPrompt(
      key: "p-3", useCase: .rewrite,
      messages: [
        Message(role: .system, content: "Be kind."), Message(role: .user, content: "Fix this."),
      ]),
    NewPrompt(key: "p-4", useCase: .other, text: "Four"),
  ])
  let workspace = fresh.workspace

  let first = try workspace.makeSlate(
    ["one", "two \u{1B}[0m", "three", "four"], activelyChosen: true)
  let ids = first.completions.map(\.id)
  try workspace.submit(
    Submission(
      slate: first.id, prompt: first.prompt.id, labeler: "ada",
      contents: [
        .ranking(try Ranking(tiers: [[ids[2], ids[0]], [ids[3]], [ids[1]]], of: ids)),
        .demonstration(Demonstration(text: "three, better", editedFrom: ids[2])),
      ],
      quality: [ids[0]: 6, ids[1]: 1],
      flags: [ids[1]: [.hallucination, .failsInstruction]], duration: 12.625))

  let second = try workspace.makeSlate(["left", "right"])
  let pair = second.completions.map(\.id)
  try workspace.submit(
    Submission(
      slate: second.id, prompt: second.prompt.id, labeler: "grace",
      contents: [.ranking(try Ranking(tiers: [[pair[1]], [pair[0]]], of: pair))], duration: 3.1))

  let third = try workspace.makeSlate(["a", "b"])
  try workspace.submit(
    Submission(
      slate: third.id, prompt: third.prompt.id, labeler: "ada",
      contents: [.skip(reason: "unclear")]))

  let alone = try workspace.prompt(key: "p-4")!
  try workspace.submit(
    Submission(
      slate: nil, prompt: alone.id, labeler: "ada",
      contents: [.demonstration(Demonstration(text: "4"))], duration: 1))

  let fourth = try workspace.makeSlate(["x", "y"])
  let last = fourth.completions.map(\.id)
  try workspace.submit(
    Submission(
      slate: fourth.id, prompt: fourth.prompt.id, labeler: "ada",
      contents: [.ranking(try Ranking(tiers: [[last[0]], [last[1]]], of: last))]))
  _ = try workspace.undoLast(labeler: "ada")
  return fresh
}
