import Synchronization

/// Asks a trainer to end; may be made from any thread.
public final class StopRequest: Sendable {
  private let flag = Atomic<Bool>(false)

  init() {}

  public func make() { flag.store(true, ordering: .relaxed) }

  var isMade: Bool { flag.load(ordering: .relaxed) }
}
