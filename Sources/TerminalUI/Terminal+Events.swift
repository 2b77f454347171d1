import CNCurses
import Glibc

extension Terminal {
  /// Waits for the next event.
  ///
  /// A wake comes behind keys that are already waiting. If the program is stopped from outside
  /// (SIGTSTP), that happens in here and `.resumed` follows.
  ///
  /// - Parameter timeout: how long to wait; for ever if `nil`.
  /// - Returns: `nil` when the time is over.
  public func nextEvent(timeout: Duration?) -> TerminalEvent? {
    let deadline = timeout.map { ContinuousClock.now + $0 }
    while true {
      if let event = takeSignals() ?? queued.popFirst() { return event }
      readInput()
      if let event = queued.popFirst() { return event }
      if waker.take() { return .wake }
      // A paste that stops in the middle is over.
      let limit = decoder.isPasting ? ContinuousClock.now + .seconds(1) : nil
      switch wait(until: [deadline, limit].compactMap { $0 }.min()) {
      case .ready: continue
      case .gone: return .interrupt(.hangup)
      case .timeout:
        if let limit, ContinuousClock.now >= limit { queued += decoder.endPaste() }
        if let deadline, ContinuousClock.now >= deadline { return queued.popFirst() }
      }
    }
  }

  private enum Readiness { case ready, timeout, gone }

  /// Waits for the keyboard, a signal or the waker.
  private func wait(until deadline: ContinuousClock.Instant?) -> Readiness {
    var milliseconds: Int32 = -1
    if let deadline {
      let left = max(.zero, deadline - ContinuousClock.now)
      let rounded = (left / .milliseconds(1)).rounded(.up)
      milliseconds = Int32(min(rounded, 60_000))
    }
    var descriptors = [STDIN_FILENO, signals, waker.readEnd].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    let count = poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    if count == 0 { return .timeout }
    let gone = Int16(POLLHUP | POLLERR | POLLNVAL)
    if count > 0, descriptors[0].revents & gone != 0 {
      // Signals tell more than a closed terminal does.
      return descriptors[1].revents == 0 ? .gone : .ready
    }
    return .ready
  }

  /// What signals asked for.
  private func takeSignals() -> TerminalEvent? {
    let flags = cn_guard_take()
    if flags == 0 { return nil }
    if flags & UInt32(CN_HANGUP) != 0 { return .interrupt(.hangup) }
    if flags & UInt32(CN_TERMINATE) != 0 { return .interrupt(.terminate) }
    if flags & UInt32(CN_STOP) != 0 {
      suspend()
      return .resumed
    }
    if flags & UInt32(CN_CONTINUED) != 0 {
      // Stopped by a signal that nobody can catch, it could not leave its screen; it enters anew.
      endwin()
      redraw()
      return .resumed
    }
    return nil
  }

  /// Reads all that is waiting.
  private func readInput() {
    let window = cn_stdscr()
    while true {
      var code: wint_t = 0
      switch wget_wch(window, &code) {
      case KEY_CODE_YES: readKey(Int32(bitPattern: code))
      case OK:
        guard let scalar = Unicode.Scalar(code) else { continue }
        queued += decoder.decode(.scalar(scalar))
      default:
        queued += decoder.decode(.pause)
        return
      }
      // One event at a time keeps what follows a long paste responsive.
      if queued.count > 64 { return }
    }
  }

  private func readKey(_ code: Int32) {
    switch code {
    case KEY_RESIZE:
      queued += decoder.decode(.pause)
      shown = nil
      queued.append(.resize(size))
    case KEY_MOUSE:
      queued += decoder.decode(.pause)
      var event = MEVENT()
      guard getmouse(&event) == OK, !decoder.isPasting else { return }
      if let mouse = mouseEvent(event) { queued.append(.mouse(mouse)) }
    case keys.pasteStart: queued += decoder.decode(.pasteStart)
    case keys.pasteEnd: queued += decoder.decode(.pasteEnd)
    default:
      if let key = keys[code] { queued += decoder.decode(.key(key)) }
    }
  }

  private func mouseEvent(_ event: MEVENT) -> MouseEvent? {
    let point = Point(x: Int(event.x), y: Int(event.y))
    let state = event.bstate
    if state & cn_wheel_up != 0 { return .scroll(point, up: true) }
    if state & cn_wheel_down != 0 { return .scroll(point, up: false) }
    let pressed = [cn_button_pressed.0, cn_button_pressed.1, cn_button_pressed.2]
    for (mask, button) in zip(pressed, [MouseButton.left, .middle, .right]) where state & mask != 0
    {
      heldButton = button
      return .press(point, button)
    }
    if state & cn_any_released != 0 {
      heldButton = nil
      return .release(point)
    }
    // Movement carries no button.
    return state & cn_motion != 0 && heldButton != nil ? .drag(point) : nil
  }
}
