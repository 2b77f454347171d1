import Storage

/// Changes to the versions; runs on the writer queue.
extension Session {
  func change(_ change: VersionChange) {
    do {
      switch change {
      case .use(let kind, let version): try workspace.setCurrent(kind, version: version)
      case .pin(let version, let isPinned): try workspace.pin(version: version, isPinned)
      }
      send(.changed(change))
    } catch {
      send(.failed(.version, sentence(error)))
    }
  }
}
