import TerminalUI

/// The versions of the learning screen.
extension WorkstationModel {
  /// What a key does to the versions; nil when it is for the screen as a whole.
  mutating func learning(_ key: KeyPress, confirmed: Set<Confirmation>) -> [Effect]? {
    guard !status.versions.isEmpty, let action = LearningAction.keys.action(for: key) else {
      return nil
    }
    switch action {
    case .versionUp: chooseVersion(-1)
    case .versionDown: chooseVersion(1)
    case .use: return useVersion(confirmed: confirmed)
    case .pin: return pinVersion()
    }
    return []
  }

  /// The version that keys are about; nil until one is chosen.
  var chosen: VersionStatus? {
    chosenVersion.flatMap { id in status.versions.first { $0.id == id } }
  }

  /// Moves the choice in the list, or begins at its top, and brings it into view.
  private mutating func chooseVersion(_ steps: Int) {
    let versions = status.versions
    if let index = versions.firstIndex(where: { $0.id == chosenVersion }) {
      chosenVersion = versions[min(max(0, index + steps), versions.count - 1)].id
    } else {
      chosenVersion = versions[0].id
    }
    let rows = LearningView(model: self).content().versionRows
    let first = max(scroll[.learning, default: 0], rows.upperBound - pageArea.height)
    scroll[.learning] = min(first, rows.lowerBound)
  }

  private mutating func useVersion(confirmed: Set<Confirmation>) -> [Effect] {
    guard let chosen else {
      refuse("Choose a version with ↑ and ↓ first.")
      return []
    }
    let name = sentenceStart(chosen.name)
    switch chosen.state {
    case .current: refuse("\(name) is in use already.")
    case .rejected: refuse("\(name) was not better than its parent, so it cannot be used.")
    case .pruned: refuse("The files of \(chosen.name) are gone, so it cannot be used.")
    case .published:
      if confirmed.contains(.use(chosen.id)) { return [.change(.use(chosen.kind, chosen.id))] }
      self.confirmed = [.use(chosen.id)]
      let current = status.versions.first { $0.kind == chosen.kind && $0.state == .current }
      let place = current.map { " in place of \($0.name)" } ?? ""
      refuse("Enter again puts \(chosen.name) into use\(place).")
    }
    return []
  }

  private mutating func pinVersion() -> [Effect] {
    guard let chosen else {
      refuse("Choose a version with ↑ and ↓ first.")
      return []
    }
    guard !chosen.isBase else {
      refuse("The base model is always kept.")
      return []
    }
    guard chosen.state != .pruned || chosen.isPinned else {
      refuse("The files of \(chosen.name) are gone, so there is nothing to keep.")
      return []
    }
    return [.change(.pin(chosen.id, !chosen.isPinned))]
  }

  /// Says what has changed; the list follows with the next status.
  mutating func finish(_ change: VersionChange) {
    let id =
      switch change {
      case .use(_, let id), .pin(let id, _): id
      }
    let name = status.versions.first { $0.id == id }?.name ?? "version \(id)"
    switch change {
    case .use: say("\(sentenceStart(name)) is in use.")
    case .pin(_, true): say("The files of \(name) are kept whatever its age.")
    case .pin(_, false): say("\(sentenceStart(name)) is pinned no longer: its files go with age.")
    }
  }
}

/// Words with a capital at the beginning.
func sentenceStart(_ text: String) -> String {
  text.prefix(1).uppercased() + text.dropFirst()
}
