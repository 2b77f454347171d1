import Feedback
import TerminalUI

/// Everything the screens show and the keys change, as a value.
struct WorkstationModel: Sendable {
  let labeler: String
  let colorDepth: ColorDepth
  /// The labeling guidelines; nil when they are not there, and then neither is their tab.
  let guidelines: String?
  var size = Size.minimum
  var screen = Screen.rank
  /// The screen that help goes back to.
  var screenBeforeHelp = Screen.rank
  var desk = Desk.empty("Opening the workspace.")
  var work = Work()
  var menu: Menu?
  var drag: Drag?
  var notice: Notice?
  var confirmed: Set<Confirmation> = []
  /// What is on its way to the disk: until it is there the slate stays as it is.
  var saving: Saving?
  var status = WorkspaceStatus()
  /// What stands in the way of the program's work, until it is over.
  var trouble: String?
  /// The version that the learning screen says more about.
  var chosenVersion: Int64?
  /// The first row shown of the screens that scroll as a whole.
  var scroll: [Screen: Int] = [:]
  /// Seconds taken for each label submitted in this run.
  var durations: [Double] = []
  /// When the last message with a time came.
  var lastTime: Double?
  var isFinished = false

  init(labeler: String, colorDepth: ColorDepth = .indexed256, guidelines: String? = nil) {
    self.labeler = labeler
    self.colorDepth = colorDepth
    self.guidelines = guidelines
  }

  /// What is being saved.
  enum Saving: Sendable, Hashable {
    case label, undo
  }

  /// A card that is being dragged.
  struct Drag: Sendable, Hashable {
    var completion: Int64
    var start: Point
    var current: Point

    var hasMoved: Bool { start.y != current.y }
  }

  var screens: [Screen] {
    Screen.allCases.filter { $0 != .guidelines || guidelines != nil }
  }

  /// Labels an hour at the pace of the last labels of this run; nil before there are three.
  var labelsPerHour: Int? {
    let recent = durations.suffix(20)
    let seconds = recent.reduce(0, +)
    guard recent.count >= 3, seconds > 0 else { return nil }
    return Int((Double(recent.count) * 3600 / seconds).rounded())
  }

  /// The text of a completion on the desk.
  func text(of completion: Int64) -> String {
    desk.slate?.completions.first { $0.id == completion }?.text ?? ""
  }

  /// The completion that the focused one is compared with: the best placed one, or the second best
  /// for the best itself.
  var comparisonPartner: Int64? {
    work.board.placed.first { $0 != work.board.focus }
  }

  /// Puts another slate on the desk, with what was drafted for it.
  mutating func take(_ desk: Desk, drafts: Drafts) {
    let same = desk.slateID != nil && desk.slateID == self.desk.slateID
    let writing = work.writing
    if same, self.desk.slate != nil { return }
    if same, desk.slate == nil {
      self.desk = desk
      return
    }
    self.desk = desk
    work = Work(completions: desk.slate?.completions.map(\.id) ?? [])
    work.restore(drafts)
    // What was typed while the candidates grew is newer than any draft on the disk.
    if same { work.writing = writing }
    menu = nil
    drag = nil
    confirmed = []
    fitEditor()
  }
}
