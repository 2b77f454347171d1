import Exchange
import Storage

/// One version, in `stats` and in `versions`.
struct VersionLine: Encodable {
  var id: String
  var kind: String
  var state: String
  var parent: String?
  /// How many labels it learnt beyond its parent's.
  var labels: Int
  /// How many of the labels that it rests on were taken back since.
  var retracted: Int
  var pinned: Bool
  /// Why it was rejected.
  var rejection: String?
  var created: Double
  var metrics: [String: Double]

  /// Every version of a workspace, oldest first.
  static func all(in workspace: Workspace) throws -> [VersionLine] {
    let retracted = try workspace.retractedCounts()
    let rejections = try workspace.rejections()
    return try (workspace.versions(.policy) + workspace.versions(.reward))
      .sorted { $0.id < $1.id }.map { version in
        VersionLine(
          id: String(version.id), kind: version.kind.rawValue, state: version.state.rawValue,
          parent: version.parent.map { String($0) }, labels: version.learntCount,
          retracted: retracted[version.id] ?? 0, pinned: version.isPinned,
          rejection: rejections[version.id], created: version.created,
          metrics: version.metrics.filter(\.value.isFinite))
      }
  }

  /// What a version is that has learnt no new labels.
  private var withoutLabels: String {
    if kind == VersionKind.reward.rawValue { return "fitted anew" }
    return metrics["refit.pairs"] == nil ? "practice" : "made anew"
  }

  /// The version in a sentence, and its metrics.
  var text: String {
    let learnt = labels == 0 ? withoutLabels : labels == 1 ? "1 new label" : "\(labels) new labels"
    var facts = [state, learnt]
    if retracted > 0 { facts.append("\(retracted) learnt and taken back since") }
    if pinned { facts.append("pinned") }
    facts += metrics.sorted { $0.key < $1.key }.map { "\($0.key) \(Figures.number($0.value))" }
    if let rejection { facts.append("not used: \(printable(rejection))") }
    let after = parent.map { " after \($0)" } ?? ""
    return "\(kind) \(id)\(after): \(facts.joined(separator: ", "))"
  }
}
