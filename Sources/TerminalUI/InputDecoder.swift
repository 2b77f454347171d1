/// What was read from the terminal.
enum InputUnit: Equatable {
  /// A character that is not part of a key's sequence.
  case scalar(Unicode.Scalar)
  /// A key that curses recognised.
  case key(KeyPress)
  case pasteStart
  case pasteEnd
  /// Nothing more is waiting.
  case pause
}

/// Makes events from what was read: alt and its key, sequences nobody knows, pastes, graphemes.
struct InputDecoder {
  private enum State: Equatable {
    case idle
    case escape
    /// Inside a sequence that curses did not know; it is dropped.
    case unknown
    case paste
  }

  private var state = State.idle
  private var pasted = String.UnicodeScalarView()

  /// Whether a paste has begun and not ended.
  var isPasting: Bool { state == .paste }

  /// The events that a unit completes.
  mutating func decode(_ unit: InputUnit) -> [TerminalEvent] {
    switch (state, unit) {
    case (.paste, .pasteEnd):
      return endPaste()
    case (.paste, .scalar(let scalar)):
      pasted.append(scalar)
      return []
    case (.paste, _):
      return []
    case (_, .pasteStart):
      let before = state == .escape ? [TerminalEvent.key(KeyPress(.escape))] : []
      state = .paste
      return before
    case (.escape, .pause):
      state = .idle
      return [.key(KeyPress(.escape))]
    case (.escape, .scalar("[")), (.escape, .scalar("O")):
      state = .unknown
      return []
    case (.escape, .scalar("\u{1B}")):
      return [.key(KeyPress(.escape))]
    case (.escape, .scalar(let scalar)):
      state = .idle
      return [.key(Self.key(scalar, .alt))]
    case (.escape, .key(let key)):
      state = .idle
      return [.key(KeyPress(key.key, key.modifiers.union(.alt)))]
    case (.unknown, .scalar(let scalar)):
      // A sequence ends with a letter or one of a few signs (ECMA-48, section 5.4).
      if (0x40...0x7E).contains(scalar.value) { state = .idle }
      return []
    case (.unknown, _):
      state = .idle
      return decode(unit)
    case (.idle, .scalar("\u{1B}")):
      state = .escape
      return []
    case (.idle, .scalar(let scalar)):
      return [.key(Self.key(scalar, []))]
    case (.idle, .key(let key)):
      return [.key(key)]
    case (_, .pause), (_, .pasteEnd):
      return []
    }
  }

  /// Ends a paste whose end never came, too.
  mutating func endPaste() -> [TerminalEvent] {
    state = .idle
    let text = sanitized(String(pasted))
    pasted = String.UnicodeScalarView()
    return text.isEmpty ? [] : [.paste(text)]
  }

  /// The key of a character as a terminal sends it: control keys are the codes below 32.
  private static func key(_ scalar: Unicode.Scalar, _ modifiers: Modifiers) -> KeyPress {
    switch scalar.value {
    case 0x00: KeyPress(.character(" "), modifiers.union(.control))
    case 0x08, 0x7F: KeyPress(.backspace, modifiers)
    case 0x09: KeyPress(.tab, modifiers)
    case 0x0A, 0x0D: KeyPress(.enter, modifiers)
    case 0x1B: KeyPress(.escape, modifiers)
    case 0x01...0x1A:
      KeyPress(.character(letter(scalar.value + 0x60)), modifiers.union(.control))
    case 0x1C...0x1F:
      KeyPress(.character(letter(scalar.value + 0x40)), modifiers.union(.control))
    default: KeyPress(.character(Character(scalar)), modifiers)
    }
  }

  private static func letter(_ value: UInt32) -> Character {
    Character(Unicode.Scalar(UInt8(value)))
  }
}
