import Feedback
import Foundation
import TestSupport
import Testing

@testable import Storage

/// kill -9 at any instant.
@Suite struct KillTests {
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func everySubmittedLabelIsThere(seed: UInt64) async throws {
    let fresh = try FreshWorkspace(
      prompts: (0..<100).map { NewPrompt(useCase: .chat, text: "Question \($0)?") })
    let path = fresh.directory.path
    // The child prints an id only when its submission has returned, and is killed by another of its
    // threads in the middle of whatever it does then.
    let result = await #expect(
      processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
    ) { [path = path as String, seed = seed as UInt64] in
      let workspace = try Workspace.open(URL(fileURLWithPath: path))
      var random = SplitMix64(seed: seed)
      let delay = UInt32.random(in: 30_000...400_000, using: &random)
      Thread.detachNewThread {
        usleep(delay)
        kill(getpid(), SIGKILL)
      }
      while true {
        let slate = try workspace.makeSlate()
        try workspace.saveDraft(labeler: "ann", slate: slate.id, kind: "ranking", json: "{}")
        for id in try workspace.rank(slate, demonstration: "Words.") {
          let line = Array("label=\(id)\n".utf8)
          write(STDOUT_FILENO, line, line.count)
        }
      }
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    let printed = output.split(separator: "\n").compactMap { line in
      line.hasPrefix("label=") ? Int64(line.dropFirst(6)) : nil
    }
    let workspace = try Workspace.open(fresh.directory)
    defer { workspace.close() }
    let labels = try workspace.labels()
    #expect(Set(printed).subtracting(labels.map(\.id)).isEmpty)
    // A ranking and its demonstration are there together or not at all.
    #expect(labels.count.isMultiple(of: 2))
    #expect(labels.count >= printed.count && labels.count <= printed.count + 3)
    let problems = try workspace.integrityProblems()
    #expect(problems == [])
  }
}
