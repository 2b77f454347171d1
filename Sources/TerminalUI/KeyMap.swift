/// Which keys do what: a table that people can change and that the help screen prints.
public struct KeyMap<Action: Hashable & Sendable>: Sendable {
  /// One row of the table.
  public struct Binding: Sendable, Hashable {
    public var action: Action
    /// What the action does, for the help screen.
    public var title: String
    public var keys: [KeyPress]
  }

  /// In the order in which the help screen shows them.
  public private(set) var bindings: [Binding] = []
  private var actions: [KeyPress: Action] = [:]

  public init() {}

  /// A table from literals; keys as ``KeyPress/init(parsing:)`` reads them, several with spaces.
  ///
  /// Stops the program on a key that cannot be read, because the table is part of the program.
  public init(_ table: [(action: Action, keys: String, title: String)]) {
    for row in table {
      do {
        try bind(row.action, to: KeyPress.list(parsing: row.keys), title: row.title)
      } catch {
        preconditionFailure(error.description)
      }
    }
  }

  /// The action of a key.
  public func action(for key: KeyPress) -> Action? {
    actions[key]
  }

  /// The keys of an action, the first being the one to show.
  public func keys(for action: Action) -> [KeyPress] {
    bindings.first { $0.action == action }?.keys ?? []
  }

  /// The first key of an action in words, for a line of hints; empty if it has none.
  public func hint(for action: Action) -> String {
    keys(for: action).first?.description ?? ""
  }

  /// Gives an action these keys in place of its own; other actions lose them.
  public mutating func bind(_ action: Action, to keys: [KeyPress], title: String? = nil) {
    for index in bindings.indices {
      bindings[index].keys.removeAll { keys.contains($0) }
    }
    if let index = bindings.firstIndex(where: { $0.action == action }) {
      bindings[index].keys = keys
      bindings[index].title = title ?? bindings[index].title
    } else {
      bindings.append(Binding(action: action, title: title ?? "", keys: keys))
    }
    actions = actions.filter { $0.value != action && !keys.contains($0.key) }
    for key in keys { actions[key] = action }
  }

  /// Changes the table from lines such as `submit = ctrl-s enter`; `#` begins a comment.
  ///
  /// - Parameters:
  ///   - names: the word that stands for each action.
  /// - Throws: a sentence with the line number; the table is then unchanged.
  public mutating func rebind(
    _ text: String, names: [String: Action]
  ) throws(TerminalError) {
    var changed = self
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let line = line.drop { $0 == " " }
      if line.isEmpty || line.hasPrefix("#") { continue }
      let sides = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = sides[0].split(separator: " ").joined(separator: " ")
      guard sides.count == 2, let action = names[name] else {
        throw TerminalError(
          "Line \(number + 1) of the key table is not `action = keys` with a known action: \(line)")
      }
      do {
        changed.bind(action, to: try KeyPress.list(parsing: String(sides[1])))
      } catch {
        throw TerminalError("Line \(number + 1) of the key table: \(error.description)")
      }
    }
    self = changed
  }
}

extension KeyMap.Binding {
  /// The keys in words, for the help screen.
  public var keyNames: String {
    keys.map(\.description).joined(separator: " ")
  }
}
