import Feedback
import GRDB

extension Workspace {
  /// Rankings of completions whose texts the same labeler had ranked before, on another slate of the
  /// prompt, each with the one before it. Taken-back and imported rankings are left out.
  public func repeatedRankings() throws(StorageError) -> [RepeatedRanking] {
    try read { db in
      var labels: [(id: Int64, texts: SlateTexts, tiers: [Int])] = []
      for row in try Row.fetchAll(db, sql: Self.rankingsOfPromptsRankedTwice) {
        if labels.last?.id != row["id"] {
          let texts = SlateTexts(labeler: row["labeler_id"], prompt: row["prompt_id"])
          labels.append((row["id"], texts, []))
        }
        labels[labels.count - 1].texts.texts.append(row["text"])
        labels[labels.count - 1].tiers.append(row["tier"])
      }
      var latest: [SlateTexts: [Int]] = [:]
      return labels.compactMap { label in
        defer { latest[label.texts] = label.tiers }
        guard let before = latest[label.texts] else { return nil }
        let texts = label.texts.texts
        // A text that stands in the slate twice has no tier of its own.
        let single = texts.indices.filter { index in texts.count { $0 == texts[index] } == 1 }
        return RepeatedRanking(
          first: single.map { before[$0] }, second: single.map { label.tiers[$0] })
      }
    }
  }

  /// What two rankings have to share to be of the same completions; texts in the order of their bytes.
  private struct SlateTexts: Hashable {
    var labeler: Int64
    var prompt: Int64
    var texts: [String] = []
  }

  private static let rankingsOfPromptsRankedTwice = """
    WITH rankings AS (
      SELECT id, labeler_id, prompt_id FROM labels
      WHERE kind = 'ranking' AND retracted_at IS NULL AND imported = 0
    )
    SELECT rankings.*, text, tier FROM rankings
    JOIN ranking_entries ON label_id = rankings.id
    JOIN completions ON completions.id = completion_id
    WHERE (labeler_id, rankings.prompt_id) IN (
      SELECT labeler_id, prompt_id FROM rankings GROUP BY labeler_id, prompt_id HAVING count(*) > 1)
    ORDER BY rankings.id, text, tier
    """
}
