import Synchronization

/// Messages from other threads for a program's loop, which they wake.
public final class Mailbox<Message: Sendable>: Sendable {
  /// Wakes the loop that reads this mailbox.
  public let waker = Waker()
  private let messages = Mutex<[Message]>([])

  public init() {}

  /// Adds a message; safe from any thread.
  public func send(_ message: Message) {
    messages.withLock { $0.append(message) }
    waker.wake()
  }

  /// Takes out what has arrived, in order.
  public func take() -> [Message] {
    messages.withLock { messages in
      defer { messages = [] }
      return messages
    }
  }
}
