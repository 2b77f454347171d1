import Dispatch

/// Something that is done again and again on a queue until it is cancelled.
///
/// Dispatch timers may be used from any thread.
final class Repetition: @unchecked Sendable {
  private let timer: any DispatchSourceTimer

  init(every seconds: Double, on queue: DispatchQueue, _ body: @escaping @Sendable () -> Void) {
    timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now(), repeating: seconds, leeway: .milliseconds(5))
    timer.setEventHandler(handler: body)
    timer.resume()
  }

  func cancel() {
    timer.cancel()
  }
}
