/// The ways in which Mistral's models write a conversation: `[INST]` and `[/INST]` around a user's
/// turn, with other spaces in each version of their tokenizer.
struct MistralFormat: Equatable {
  typealias Piece = ChatTemplate.Piece

  /// Before and after a user's turn.
  var open: [Piece]
  var close: [Piece]
  /// Before a system turn's text, which has a turn of its own from v7 on; before, it stands at the
  /// beginning of the next user's turn.
  var systemOpen: [Piece]?
  /// What an assistant's text begins with.
  var lead: String
  var trimsAnswers = false

  static let v1 = MistralFormat(
    open: [.text(" "), .special("[INST]"), .text(" ")], close: [.text(" "), .special("[/INST]")],
    lead: " ")
  static let v3 = MistralFormat(
    open: [.special("[INST]"), .text(" ")], close: [.special("[/INST]")], lead: " ",
    trimsAnswers: true)
  static let v3Tekken = MistralFormat(
    open: [.special("[INST]")], close: [.special("[/INST]")], lead: "")
  static let v7 = MistralFormat(
    open: [.special("[INST]"), .text(" ")], close: [.special("[/INST]")],
    systemOpen: [.special("[SYSTEM_PROMPT]"), .text(" ")], lead: " ")
  static let v7Tekken = MistralFormat(
    open: [.special("[INST]")], close: [.special("[/INST]")],
    systemOpen: [.special("[SYSTEM_PROMPT]")], lead: "")

  /// Recognises which of them a template is; nil for Llama 2's, which has `[INST]` too, and for those
  /// that came before v1.
  init?(recognizedIn source: String) {
    func contains(_ texts: String...) -> Bool { texts.contains { source.contains($0) } }
    if contains("<<SYS>>") { return nil }
    if contains("[SYSTEM_PROMPT]") {
      self = contains("[INST] ") ? .v7 : .v7Tekken
    } else if contains("' [INST] ", "\" [INST] ") {
      self = .v1
    } else if contains("[AVAILABLE_TOOLS]") {
      self = contains("[INST] ") ? .v3 : .v3Tekken
    } else {
      return nil
    }
  }

  private init(
    open: [Piece], close: [Piece], systemOpen: [Piece]? = nil, lead: String,
    trimsAnswers: Bool = false
  ) {
    self.open = open
    self.close = close
    self.systemOpen = systemOpen
    self.lead = lead
    self.trimsAnswers = trimsAnswers
  }

  /// The special tokens that the vocabulary must have; v1 writes its marks as text where it has none.
  var specialTokens: [String] {
    if self == .v1 { return [] }
    return ["[INST]", "[/INST]"]
      + (systemOpen == nil ? [] : ["[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"])
  }
}
