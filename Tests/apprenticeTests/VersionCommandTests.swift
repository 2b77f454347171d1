import Feedback
import Foundation
import Storage
import Testing

/// `versions` and what `stats` says of them.
@Suite struct VersionCommandTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  /// A policy, its successor that learnt a label taken back since, a rejected one, and a reward model.
  private func fill() throws -> (first: Int64, second: Int64, rejected: Int64, reward: Int64) {
    #expect(try bench.run("prompts", "list").status == 0)
    let workspace = try Workspace.open(bench.url.appendingPathComponent("workspace"))
    defer { workspace.close() }
    let prompt = try #require(try workspace.nextPrompt())
    let label = try workspace.submit(
      Submission(
        slate: nil, prompt: prompt.id, labeler: "ada",
        contents: [.demonstration(Demonstration(text: "So."))]))[0]
    func publish(
      _ kind: VersionKind, parent: Int64? = nil, learntFrom: [Int64] = [],
      metrics: [String: Double] = [:], isRejected: Bool = false
    ) throws -> Int64 {
      let id = try workspace.reserveVersion()
      let folder = workspace.directory.appendingPathComponent(Workspace.versionPath(kind, id))
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try workspace.publish(
        NewVersion(
          id: id, kind: kind, parent: parent, learntFrom: learntFrom, metrics: metrics,
          isRejected: isRejected))
      return id
    }
    let first = try publish(.policy)
    let second = try publish(.policy, parent: first, learntFrom: [label], metrics: ["kl": 0.25])
    let rejected = try publish(.policy, parent: second, isRejected: true)
    let reward = try publish(.reward)
    try workspace.set("version.\(rejected).rejection", to: "its answers grew short")
    try workspace.retract(label: label)
    return (first, second, rejected, reward)
  }

  private struct Line: Decodable, Equatable {
    var id: String
    var kind: String
    var state: String
    var parent: String?
    var labels: Int
    var retracted: Int
    var pinned: Bool
    var rejection: String?
    var metrics: [String: Double]
  }

  private func lines() throws -> [Line] {
    let outcome = try bench.run("versions", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try outcome.lines(as: Line.self)
  }

  @Test func versionsAreListed() throws {
    let ids = try fill()
    let lines = try lines()
    #expect(
      lines == [
        Line(
          id: "\(ids.first)", kind: "policy", state: "published", labels: 0, retracted: 0,
          pinned: false, metrics: [:]),
        Line(
          id: "\(ids.second)", kind: "policy", state: "current", parent: "\(ids.first)", labels: 1,
          retracted: 1, pinned: false, metrics: ["kl": 0.25]),
        Line(
          id: "\(ids.rejected)", kind: "policy", state: "rejected", parent: "\(ids.second)",
          labels: 0, retracted: 1, pinned: false, rejection: "its answers grew short", metrics: [:]),
        Line(
          id: "\(ids.reward)", kind: "reward", state: "current", labels: 0, retracted: 0,
          pinned: false, metrics: [:]),
      ])
    let text = try bench.run("versions", "list").output
    #expect(
      text.contains(
        "policy \(ids.second) after \(ids.first): current, 1 new label, "
          + "1 learnt and taken back since, kl 0.25\n"), "\(text)")
    #expect(text.contains("not used: its answers grew short\n"), "\(text)")
    #expect(try bench.run("stats").output.contains("policy \(ids.second) after \(ids.first)"))
  }

  @Test func aVersionIsPutIntoUse() throws {
    let ids = try fill()
    let used = try bench.run("versions", "use", "policy", "\(ids.first)", "--json")
    #expect(used.status == 0, "\(used.errors)")
    #expect(used.output == #"{"kind":"policy","used":"\#(ids.first)"}"# + "\n")
    #expect(try lines().map(\.state) == ["current", "published", "rejected", "current"])
    let base = try bench.run("versions", "use", "policy", "0")
    #expect(base.status == 0, "\(base.errors)")
    #expect(base.output.isEmpty)
    #expect(base.errors == "The base model is in use.\n")
    #expect(try lines().map(\.state) == ["published", "published", "rejected", "current"])
  }

  @Test func aVersionIsPinnedAndNoLonger() throws {
    let ids = try fill()
    #expect(try bench.run("versions", "pin", "\(ids.first)").errors == "Pinned \(ids.first).\n")
    #expect(try lines().map(\.pinned) == [true, false, false, false])
    #expect(
      try bench.run("versions", "unpin", "\(ids.first)", "--json").output
        == #"{"unpinned":"\#(ids.first)"}"# + "\n")
    #expect(try lines().map(\.pinned) == [false, false, false, false])
  }

  @Test func whatCannotBeDoneIsASentence() throws {
    let ids = try fill()
    let before = try lines()
    for (arguments, words) in [
      (["use", "policy", "\(ids.reward)"], "there is no policy version \(ids.reward)"),
      (["use", "reward", "0"], "There is no reward model 0"),
      (["use", "policy", "\(ids.rejected)"], "it was rejected"),
      (["use", "police", "\(ids.first)"], "“police” is no kind of version"),
      (["use", "policy", "newest"], "“newest” is no version's id"),
      (["use", "policy", "--", "-1"], "“-1” is no version's id"),
      (["pin", "99"], "there is no version 99"), (["pin", "0"], "The base model is always kept"),
      (["unpin", "x"], "“x” is no version's id"),
    ] {
      let outcome = try Program.run(
        ["versions"] + arguments, in: bench.url, environment: ["APPRENTICE_MODEL": bench.model])
      #expect(outcome.status == 1, "\(arguments): \(outcome.errors)")
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("Error: "), "\(outcome.errors)")
      #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
    #expect(try lines() == before)
  }

  @Test func withoutVersionsThereIsNothingToList() throws {
    let outcome = try bench.run("versions")
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors == "There is no version yet.\n")
    #expect(try bench.run("versions", "--json").output.isEmpty)
  }

  @Test func aVersionWithoutNewLabelsSaysWhatItIs() throws {
    #expect(try bench.run("prompts", "list").status == 0)
    let workspace = try Workspace.open(bench.url.appendingPathComponent("workspace"))
    let kinds: [(VersionKind, [String: Double])] = [
      (.policy, [:]), (.policy, ["refit.pairs": 251]), (.reward, [:]),
    ]
    for (kind, metrics) in kinds {
      let id = try workspace.reserveVersion()
      let folder = workspace.directory.appendingPathComponent(Workspace.versionPath(kind, id))
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try workspace.publish(
        NewVersion(id: id, kind: kind, parent: nil, learntFrom: [], metrics: metrics))
    }
    workspace.close()
    let lines = try bench.run("versions").output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(zip(lines, ["practice", "made anew", "fitted anew"]).allSatisfy { $0.contains($1) })
  }
}
