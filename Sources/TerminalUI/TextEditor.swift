/// The text, cursor and history of a multi-line editor, as a value.
///
/// The cursor counts graphemes. Rows are those of ``WrappedText`` at the width of the viewport.
public struct TextEditor: Sendable, Hashable {
  /// The whole text; setting it moves the cursor to the end and forgets the history.
  public var text: String {
    get { String(characters) }
    set { self = TextEditor(newValue, viewport: viewport) }
  }

  /// The part of the screen the editor is shown in; vertical movement and scrolling go by it.
  public var viewport: Size {
    didSet {
      if viewport != oldValue { scrollToCursor() }
    }
  }

  /// Position of the cursor: the number of graphemes before it.
  public internal(set) var cursor: Int

  var characters: [Character]
  /// The first visible row.
  var scroll = 0
  /// The column that vertical movement keeps, set by the first such step.
  var goalColumn: Int?
  /// The cursor stands at the end of its row, not at the start of the next, which has its position.
  var staysOnRow = false
  var history = EditHistory()

  public init(_ text: String = "", viewport: Size = Size(width: 80, height: 20)) {
    characters = Array(sanitized(text))
    cursor = characters.count
    self.viewport = viewport
    scrollToCursor()
  }

  public var isEmpty: Bool { characters.isEmpty }

  /// The number of words, for a target of length.
  public var wordCount: Int {
    text.split(whereSeparator: \.isWhitespace).count
  }

  // MARK: Changes

  /// Inserts text at the cursor as typing does; undo takes back typed words one at a time.
  public mutating func insert(_ text: String) {
    replace(cursor..<cursor, with: sanitized(text), coalescing: true)
  }

  /// Inserts text at the cursor as one step of undo.
  public mutating func paste(_ text: String) {
    replace(cursor..<cursor, with: sanitized(text), coalescing: false)
  }

  /// Replaces everything, as one step of undo.
  public mutating func replaceAll(with text: String) {
    replace(0..<characters.count, with: sanitized(text), coalescing: false)
  }

  /// Performs a command.
  public mutating func perform(_ command: EditorCommand) {
    switch command {
    case .newline: insert("\n")
    case .backspace: delete(to: cursor - 1)
    case .delete: delete(to: cursor + 1)
    case .deleteWordBackward: delete(to: wordStart(before: cursor))
    case .deleteWordForward: delete(to: wordEnd(after: cursor))
    case .deleteToLineStart: delete(to: paragraphStart(of: cursor))
    case .deleteToLineEnd:
      let end = paragraphEnd(of: cursor)
      delete(to: end == cursor ? cursor + 1 : end)
    case .undo: undo()
    case .redo: redo()
    default: move(command)
    }
  }

  /// Does what a key means in an editor.
  ///
  /// - Returns: whether the key was used; other keys are the screen's.
  @discardableResult
  public mutating func handle(
    _ key: KeyPress, keys: KeyMap<EditorCommand> = EditorCommand.keys
  ) -> Bool {
    if let command = keys.action(for: key) {
      perform(command)
      return true
    }
    guard case .character(let character) = key.key, key.modifiers.isEmpty else { return false }
    insert(String(character))
    return true
  }

  /// Deletes from the cursor to a position, on either side of it.
  private mutating func delete(to position: Int) {
    let position = min(max(0, position), characters.count)
    guard position != cursor else { return }
    let range = min(position, cursor)..<max(position, cursor)
    replace(range, with: "", coalescing: false)
  }

  /// The one way in which text changes.
  ///
  /// Inserted text may join with its neighbours into other graphemes (a combining mark does), so
  /// the paragraphs it touches are divided anew.
  private mutating func replace(_ range: Range<Int>, with text: String, coalescing: Bool) {
    if range.isEmpty, text.isEmpty { return }
    let start = paragraphStart(of: range.lowerBound)
    let end = paragraphEnd(of: range.upperBound)
    let before = String(characters[start..<range.lowerBound]) + text
    let replacement = Array(before + String(characters[range.upperBound..<end]))
    // The cursor goes behind the grapheme that holds the last inserted code point.
    let target = before.unicodeScalars.count
    var scalars = 0
    var position = start
    for character in replacement where scalars < target {
      scalars += character.unicodeScalars.count
      position += 1
    }
    history.record(
      EditHistory.Edit(
        start: start, removed: Array(characters[start..<end]), inserted: replacement,
        cursorBefore: cursor, cursorAfter: position),
      typed: coalescing ? text : nil)
    characters.replaceSubrange(start..<end, with: replacement)
    moveCursor(to: position)
  }

  private mutating func undo() {
    guard let edit = history.undo() else { return }
    characters.replaceSubrange(
      edit.start..<(edit.start + edit.inserted.count), with: edit.removed)
    moveCursor(to: edit.cursorBefore)
  }

  private mutating func redo() {
    guard let edit = history.redo() else { return }
    characters.replaceSubrange(
      edit.start..<(edit.start + edit.removed.count), with: edit.inserted)
    moveCursor(to: edit.cursorAfter)
  }

  /// Puts the cursor at a position and ends vertical movement.
  mutating func moveCursor(to position: Int) {
    cursor = min(max(0, position), characters.count)
    goalColumn = nil
    staysOnRow = false
    scrollToCursor()
  }
}
