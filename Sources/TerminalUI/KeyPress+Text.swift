extension KeyPress: CustomStringConvertible {
  /// Reads a key such as `x`, `J`, `ctrl-s`, `shift-up`, `alt-enter`, `space`, `f5` or `?`.
  public init(parsing text: String) throws(TerminalError) {
    var rest = Substring(text)
    var modifiers: Modifiers = []
    while let (name, modifier) = Self.modifierNames.first(where: {
      rest.hasPrefix($0.name + "-") && rest.count > $0.name.count + 1
    }) {
      modifiers.insert(modifier)
      rest = rest.dropFirst(name.count + 1)
    }
    if let key = Self.key(named: rest.lowercased()), rest.count > 1 {
      self.init(key, modifiers)
    } else if rest.count == 1, let character = rest.first, !character.isNewline {
      self.init(.character(character), modifiers)
    } else {
      throw TerminalError(
        "There is no key called \"\(text)\"; write a character or a name such as enter, up, "
          + "pageup or f5, with ctrl-, alt- or shift- before it.")
    }
    self = normalized
  }

  /// Reads several keys with spaces between them.
  public static func list(parsing text: String) throws(TerminalError) -> [KeyPress] {
    var keys: [KeyPress] = []
    for name in text.split(separator: " ") {
      keys.append(try KeyPress(parsing: String(name)))
    }
    return keys
  }

  /// The name that ``init(parsing:)`` reads.
  public var description: String {
    var text = ""
    for (name, modifier) in Self.modifierNames where modifiers.contains(modifier) {
      text += name + "-"
    }
    switch key {
    case .character(" "): text += "space"
    case .character(let character): text += String(character)
    case .function(let number): text += "f\(number)"
    default: text += Self.names.first { $0.key == key }?.name ?? ""
    }
    return text
  }

  /// The form in which keys arrive: shift is part of a character, control letters are lower case.
  var normalized: KeyPress {
    guard case .character(let character) = key else { return self }
    let shifted = modifiers.contains(.shift) && !modifiers.contains(.control)
    let text = shifted ? character.uppercased() : character.lowercased()
    let changes = modifiers.contains(.shift) || modifiers.contains(.control)
    let same = changes && text.count == 1 ? Character(text) : character
    return KeyPress(.character(same), modifiers.subtracting(.shift))
  }

  private static let modifierNames: [(name: String, modifier: Modifiers)] = [
    ("ctrl", .control), ("alt", .alt), ("shift", .shift),
  ]

  private static let names: [(name: String, key: Key)] = [
    ("enter", .enter), ("escape", .escape), ("tab", .tab), ("backspace", .backspace),
    ("delete", .delete), ("insert", .insert), ("up", .up), ("down", .down), ("left", .left),
    ("right", .right), ("home", .home), ("end", .end), ("pageup", .pageUp),
    ("pagedown", .pageDown), ("space", .character(" ")),
  ]

  private static func key(named name: String) -> Key? {
    if let key = names.first(where: { $0.name == name })?.key { return key }
    if name == "esc" { return .escape }
    guard name.hasPrefix("f"), let number = Int(name.dropFirst()), (1...24).contains(number) else {
      return nil
    }
    return .function(number)
  }
}
