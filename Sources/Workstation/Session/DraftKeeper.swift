import Dispatch
import Foundation
import Storage
import Synchronization

/// Puts drafts on the disk as they are typed: the newest of each, a moment after a change.
final class DraftKeeper: Sendable {
  /// The longest that a change waits, so that a burst of keys is one write.
  static let delay = DispatchTimeInterval.milliseconds(80)

  private let workspace: Workspace
  private let labeler: String
  private let queue: DispatchQueue
  private let send: @Sendable (WorkstationMessage) -> Void
  private let waiting = Mutex<[Place: Effect.Draft]>([:])

  /// What a draft takes the place of.
  struct Place: Hashable, Sendable {
    var slate: Int64
    var kind: String
  }

  init(
    workspace: Workspace, labeler: String, queue: DispatchQueue,
    send: @escaping @Sendable (WorkstationMessage) -> Void
  ) {
    self.workspace = workspace
    self.labeler = labeler
    self.queue = queue
    self.send = send
  }

  /// Keeps a draft, within the delay.
  func save(_ draft: Effect.Draft, slate: Int64) {
    let isFirst = waiting.withLock { waiting in
      defer { waiting[Place(slate: slate, kind: draft.kind)] = draft }
      return waiting.isEmpty
    }
    if isFirst { queue.asyncAfter(deadline: .now() + Self.delay) { self.flush() } }
  }

  /// Writes what waits; to be called on the queue.
  func flush() {
    let drafts = waiting.withLock { waiting in
      defer { waiting = [:] }
      return waiting
    }
    guard !drafts.isEmpty else { return }
    do {
      for (place, draft) in drafts {
        try workspace.saveDraft(
          labeler: labeler, slate: place.slate, kind: place.kind, json: try draft.json)
      }
      send(.draftSaved)
    } catch {
      putBack(drafts)
      send(.failed(.draft, sentence(error)))
    }
  }

  /// Takes out the drafts of a slate that are not written yet: its label takes their place.
  func takePending(slate: Int64?) -> [Place: Effect.Draft] {
    waiting.withLock { waiting in
      let taken = waiting.filter { $0.key.slate == slate }
      waiting = waiting.filter { $0.key.slate != slate }
      return taken
    }
  }

  /// Lets drafts wait again, unless newer ones do.
  func putBack(_ drafts: [Place: Effect.Draft]) {
    guard !drafts.isEmpty else { return }
    waiting.withLock { $0.merge(drafts) { newer, _ in newer } }
    queue.asyncAfter(deadline: .now() + .seconds(2)) { self.flush() }
  }

  /// What is on the disk for a slate; a draft that cannot be read is none.
  func stored(slate: Int64) throws -> Drafts {
    var result = Drafts()
    let decoder = JSONDecoder()
    for draft in try workspace.drafts(labeler: labeler) where draft.slate == slate {
      let data = Data(draft.json.utf8)
      switch draft.kind {
      case RankingDraft.kind: result.ranking = try? decoder.decode(RankingDraft.self, from: data)
      case DemonstrationDraft.kind:
        result.demonstration = try? decoder.decode(DemonstrationDraft.self, from: data)
      default: break
      }
    }
    return result
  }
}

extension Effect.Draft {
  var kind: String {
    switch self {
    case .ranking: RankingDraft.kind
    case .demonstration: DemonstrationDraft.kind
    }
  }

  var json: String {
    get throws {
      switch self {
      case .ranking(let draft): try draftJSON(draft)
      case .demonstration(let draft): try draftJSON(draft)
      }
    }
  }
}
