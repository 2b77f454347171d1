import Feedback
import Foundation
import TestSupport
import Testing

@testable import Storage

@Suite struct ZZScale {
  @Test(.enabled(if: ProcessInfo.processInfo.environment["SCALE"] != nil)) func scale() throws {
    let fresh = try FreshWorkspace()
    let w = fresh.workspace
    let c = ContinuousClock()
    func t(_ name: String, _ n: Int = 1, _ f: () throws -> Void) rethrows {
      let d = try c.measure { for _ in 0..<n { try f() } }
      print("SCALE \(name): \(d / n)")
    }
    try t("fill 1M") { try w.fill(prompts: 1_000_000) }
    try t("next", 100) { _ = try w.nextPrompt(seed: UInt64.random(in: 0 ... .max)) }
    let reward = try w.publishVersion(.reward).id
    try t("slate+submit", 300) {
      let s = try w.makeSlate(rewardVersion: reward, scores: [[1, 2, 3, 4], [1, 2, 3, 5], [2, 2, 2, 2]])
      try w.rank(s, demonstration: "hello")
    }
    let s = try (0..<200).map { _ in try w.makeSlate() }
    var i = 0
    try t("submit", 200) { try w.rank(s[i]); i += 1 }
    try t("claim", 100) { _ = try w.claimNextSlate(labeler: "ann") }
    var record = ImportedLabel(prompt: NewPrompt(key: "x", text: "x"), completions: [completion("a b"), completion("c"), completion("d e")], labeler: "ann", tiers: [[0], [1], [2]])
    try t("import 100k") {
      for k in 0..<20 {
        try w.importLabels((0..<5000).map { record.prompt = NewPrompt(key: "x\(k)-\($0 % 2500)", text: "x \($0 % 2500)"); return record })
      }
    }
    try w.write { db in try db.execute(sql: "UPDATE slates SET imported = 0") }
    try t("stats") { _ = try w.statistics() }
    try t("pending") { _ = try w.pendingLabels(.reward) }
    try t("mark") { try w.markHandled(w.labels().map(\.id), for: .reward) }
    try t("pending after") { _ = try w.pendingLabels(.reward) }
    try t("labels") { _ = try w.labels() }
    try t("next", 100) { _ = try w.nextPrompt(seed: UInt64.random(in: 0 ... .max)) }
    try t("claim", 100) { _ = try w.claimNextSlate(labeler: "ann") }
    try t("ready", 100) { _ = try w.readySlates() }
    try t("counts") { _ = try w.labelCounts() }
    try t("undo") { _ = try w.undoLast(labeler: "ann") }
    try t("open") { let o = try Workspace.open(fresh.directory); o.close() }
    try t("updateProgress", 100) { _ = try w.record(metric: "x", value: 1) }
  }
}
