import Dispatch
import Glibc

/// Turns SIGINT, SIGTERM and SIGHUP into a call, so that work can end in order.
final class Interrupts {
  private let sources: [any DispatchSourceSignal]

  /// - Parameter action: called on a background queue, once for each signal.
  init(_ action: @escaping @Sendable () -> Void) {
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler(handler: action)
      source.resume()
      return source
    }
  }

  /// Gives the signals their usual effect again.
  func cancel() {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
  }
}
