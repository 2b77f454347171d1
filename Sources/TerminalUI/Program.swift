/// A program on the terminal: a model, how messages change it, and what it looks like.
///
/// `update` is a pure function: it changes the model and returns what is to be done outside.
/// `view` is one too. Only `perform` touches the world; what it learns comes back as messages in
/// the mailbox, from any thread.
public struct Program<Model, Message: Sendable, Effect> {
  public var model: Model
  /// What an event of the terminal means to the program; `nil` if nothing.
  public var message: (TerminalEvent) -> Message?
  public var update: (inout Model, Message) -> [Effect]
  public var view: (Model, Size) -> Surface
  /// Carries out an effect on the loop's thread: what takes long belongs on another.
  public var perform: (Effect) -> Void
  public var isFinished: (Model) -> Bool

  public init(
    model: Model,
    message: @escaping (TerminalEvent) -> Message?,
    update: @escaping (inout Model, Message) -> [Effect],
    view: @escaping (Model, Size) -> Surface,
    perform: @escaping (Effect) -> Void,
    isFinished: @escaping (Model) -> Bool
  ) {
    self.model = model
    self.message = message
    self.update = update
    self.view = view
    self.perform = perform
    self.isFinished = isFinished
  }

  /// Changes the model by one message, and performs what follows.
  mutating func receive(_ message: Message) {
    for effect in update(&model, message) { perform(effect) }
  }
}

/// Runs a program on the terminal until its model says it is finished, or the terminal is gone.
///
/// The first event is `.resize` with the screen's size. `^Z` suspends and is not delivered; after
/// it comes `.resumed`. After `.interrupt` the program sees one more update and ends. Screens
/// smaller than ``Size/minimum`` show a sentence and only receive resizes and interrupts, so that
/// nobody types into what they cannot see.
///
/// - Returns: the model at the end.
/// - Throws: when the terminal cannot be used.
@discardableResult
public func runProgram<Model, Message, Effect>(
  _ program: (ColorDepth) -> Program<Model, Message, Effect>,
  mailbox: Mailbox<Message>,
  options: Terminal.Options = Terminal.Options()
) throws(TerminalError) -> Model {
  let terminal = try Terminal.open(options, waker: mailbox.waker)
  defer { terminal.close() }
  var program = program(terminal.colorDepth)
  var event: TerminalEvent? = .resize(terminal.size)
  while true {
    let (ends, suspends) = deliver(event, to: &program, on: terminal)
    for message in mailbox.take() { program.receive(message) }
    if ends || program.isFinished(program.model) { return program.model }
    if suspends {
      terminal.suspend()
      event = .resumed
      continue
    }
    // What is already waiting is taken in before the screen is drawn.
    if let next = terminal.nextEvent(timeout: .zero) {
      event = next
      continue
    }
    let size = terminal.size
    terminal.draw(
      size.contains(.minimum) ? program.view(program.model, size) : tooSmallView(size))
    event = terminal.nextEvent(timeout: nil)
  }
}

private func deliver<Model, Message, Effect>(
  _ event: TerminalEvent?, to program: inout Program<Model, Message, Effect>, on terminal: Terminal
) -> (ends: Bool, suspends: Bool) {
  guard let event else { return (false, false) }
  var ends = false
  switch event {
  case .key(.control("z")): return (false, true)
  case .key, .mouse, .paste:
    if !terminal.size.contains(.minimum) { return (false, false) }
  case .interrupt: ends = true
  case .resize, .wake, .resumed: break
  }
  if let message = program.message(event) { program.receive(message) }
  return (ends, false)
}

/// What is shown on a screen smaller than ``Size/minimum``.
public func tooSmallView(_ size: Size) -> Surface {
  var surface = Surface(size: size)
  let minimum = Size.minimum
  let text =
    "This window is \(size.width) by \(size.height). Make it at least \(minimum.width) by "
    + "\(minimum.height); everything is kept."
  for (y, line) in WrappedText(text, width: size.width).lines.enumerated() {
    surface.write(line.text, x: 0, y: y)
  }
  return surface
}
