import Feedback
import Storage

/// Submitting, and what comes back.
extension WorkstationModel {
  /// Enter on the ranking screen.
  mutating func submitRanking(of slate: Slate, confirmed: Set<Confirmation>) -> [Effect] {
    let board = work.board
    if board.isUntouched {
      refuse(
        "Nothing is placed, so there is no ranking yet: give cards a tier with 1 to "
          + "\(board.completions.count), or say with = that all are equal.")
      return []
    }
    guard confirmUnplaced(confirmed, key: "Enter") else { return [] }
    if let demonstration = work.writing.demonstration, !confirmed.contains(.demonstrationToo) {
      self.confirmed = confirmed.union([.demonstrationToo])
      refuse(
        "Your demonstration (\(count(demonstration.wordCount, "word"))) goes with the ranking: "
          + "Enter again submits both; w shows it, and emptied it stays out.")
      return []
    }
    return submit(slate)
  }

  /// Submit on the writing screen.
  mutating func submitDemonstration(confirmed: Set<Confirmation>) -> [Effect] {
    guard saving == nil else { return [] }
    guard let slate = desk.slate else {
      refuse(
        desk.slateID == nil
          ? "There is no prompt to answer yet."
          : "The candidates are still being written; the draft is kept until they are there.")
      return []
    }
    guard work.writing.demonstration != nil else {
      refuse(
        work.writing.editor.isEmpty
          ? "The demonstration is empty: write the answer you would want."
          : "The text is the candidate's own, unchanged: change it, or rank it instead.")
      return []
    }
    if !work.board.isUntouched {
      guard confirmUnplaced(confirmed, key: "ctrl-s") else { return [] }
    }
    return submit(slate)
  }

  /// Asks once about cards without a place; true when there are none or it has been asked.
  private mutating func confirmUnplaced(_ confirmed: Set<Confirmation>, key: String) -> Bool {
    let rest = work.board.unplaced
    if rest.isEmpty || confirmed.contains(.unplacedLast) { return true }
    self.confirmed = confirmed.union([.unplacedLast])
    let verb = rest.count == 1 ? "is" : "are"
    let them = rest.count == 1 ? "it" : "them"
    refuse(
      "\(work.board.text(listing: rest)) \(verb) not placed: \(key) again makes \(them) the last "
        + "tier and submits.")
    return false
  }

  private mutating func submit(_ slate: Slate) -> [Effect] {
    var contents: [LabelContent] = []
    if !work.board.isUntouched {
      do {
        contents.append(.ranking(try work.board.ranking()))
      } catch {
        refuse("This order cannot be submitted: \(error.description).")
        return []
      }
    }
    if let demonstration = work.writing.demonstration {
      contents.append(.demonstration(demonstration))
    }
    return submit(contents, for: slate)
  }

  mutating func submit(_ contents: [LabelContent], for slate: Slate) -> [Effect] {
    saving = .label
    let submission = Submission(
      slate: slate.id, prompt: slate.prompt.id, labeler: labeler, contents: contents,
      quality: work.quality, flags: work.flags.filter { !$0.value.isEmpty },
      duration: work.elapsed)
    return [.submit(submission)]
  }

  // MARK: What came of it

  mutating func finishSubmission(_ submission: Submission, _ reveal: Reveal?) {
    saving = nil
    durations.append(submission.duration)
    status.ownLabels += submission.contents.count
    if let reveal {
      say(reveal.text + " u takes it back.")
    } else {
      say("Skipped. u takes it back.")
    }
    desk = .empty("Looking for the next slate.")
    work = Work()
    if screen == .write { show(.rank) }
  }

  mutating func finishUndo(_ undone: Undone?) -> [Effect] {
    saving = nil
    guard let undone else {
      refuse("There is no submitted label to take back.")
      return []
    }
    if !durations.isEmpty { durations.removeLast() }
    screen = .rank
    guard let slate = undone.slate else {
      say("The last label is taken back.")
      return []
    }
    take(.ready(slate), drafts: Drafts())
    for label in undone.labels {
      work.elapsed = max(work.elapsed, label.duration)
      switch label.content {
      case .ranking(let ranking): work.board.restore(ranking.tierNumbers)
      case .demonstration(let demonstration):
        work.writing.start(
          from: demonstration.editedFrom.map(text(of:)) ?? "", of: demonstration.editedFrom)
        work.writing.editor.replaceAll(with: demonstration.text)
      case .skip: break
      }
    }
    work.quality = undone.quality
    work.flags = undone.flags
    fitEditor()
    let what =
      switch undone.labels.first?.content {
      case .skip: "The skip is taken back"
      case .demonstration: "Your demonstration is taken back"
      default: "Your ranking is taken back"
      }
    say("\(what) and is here again as it was.")
    return [saveRankingDraft(), work.writing.demonstration != nil ? saveWritingDraft() : nil]
      .compactMap(\.self)
  }
}

extension Demonstration {
  var wordCount: Int { text.split(whereSeparator: \.isWhitespace).count }
}

/// A number with its noun, such as `1 word` or `3 words`.
func count(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}
