import Feedback

/// The order that a labeler is making of a slate's completions: who is placed, in which tier, and
/// who has the focus.
///
/// Tier numbers are the digits that were typed, so they may have gaps while the order is made; what
/// is submitted closes them.
struct RankingBoard: Sendable, Hashable {
  /// In the order shown: the first is A.
  let completions: [Int64]
  /// The digit each placed completion was given.
  private(set) var digits: [Int64: Int] = [:]
  private(set) var focus: Int64?

  init(completions: [Int64] = []) {
    self.completions = completions
    focus = completions.first
  }

  /// The placed completions by tier, best first; those of one tier in the order shown.
  var tiers: [[Int64]] {
    Set(digits.values).sorted().map { digit in completions.filter { digits[$0] == digit } }
  }

  /// In the order of the screen, which is the ranking.
  var placed: [Int64] { tiers.flatMap(\.self) }
  var unplaced: [Int64] { completions.filter { digits[$0] == nil } }
  /// Everything from top to bottom of the screen.
  var order: [Int64] { placed + unplaced }
  var isUntouched: Bool { digits.isEmpty }
  var isComplete: Bool { digits.count == completions.count }

  /// The letter under which a completion is shown.
  func letter(of id: Int64) -> Character {
    Slate.letter(at: completions.firstIndex(of: id) ?? 0)
  }

  /// The ranking as it stands, the unplaced ones in a last tier of their own.
  func ranking() throws(Ranking.Invalid) -> Ranking {
    let rest = unplaced
    return try Ranking(tiers: tiers + (rest.isEmpty ? [] : [rest]), of: completions)
  }

  // MARK: Focus

  mutating func focus(on id: Int64) {
    if completions.contains(id) { focus = id }
  }

  /// Moves the focus on the screen, and stops at the ends.
  mutating func moveFocus(by steps: Int) {
    let order = self.order
    guard let focus, let index = order.firstIndex(of: focus) else { return }
    self.focus = order[min(max(0, index + steps), order.count - 1)]
  }

  /// Moves the focus to the unplaced completion shown after this one, or the first that is left.
  private mutating func moveOn(from id: Int64) {
    let rest = unplaced
    guard let index = completions.firstIndex(of: id) else { return }
    focus = rest.first { completions.firstIndex(of: $0)! > index } ?? rest.first ?? id
  }

  // MARK: Placing

  /// Puts the focused completion in a tier and moves on to the next unplaced one.
  mutating func place(inTier digit: Int) {
    guard let focus, digit >= 1 else { return }
    digits[focus] = digit
    moveOn(from: focus)
  }

  /// Takes the focused completion's place away; false if it had none.
  mutating func takeBack() -> Bool {
    guard let focus, digits[focus] != nil else { return false }
    digits[focus] = nil
    return true
  }

  /// What `=` did.
  enum Tie {
    case tied(with: Int64)
    case allEqual
    case nothingAbove
  }

  /// Ties the focused completion with the one above it; on an untouched board, all of them.
  mutating func tieWithAbove() -> Tie {
    guard let focus else { return .nothingAbove }
    if isUntouched {
      for id in completions { digits[id] = 1 }
      return .allEqual
    }
    let tiers = self.tiers
    if let own = digits[focus] {
      guard let index = tiers.firstIndex(where: { $0.contains(focus) }), index > 0 else {
        return .nothingAbove
      }
      let above = tiers[index - 1].last!
      for id in completions where digits[id] == own && id == focus { digits[id] = digits[above] }
      return .tied(with: above)
    }
    let above = tiers.last!.last!
    digits[focus] = digits[above]
    moveOn(from: focus)
    return .tied(with: above)
  }

  /// Moves the focused completion one place up or down; out of its tie first if it has one, and an
  /// unplaced one up into the last tier. False if there is no way to go.
  mutating func move(up: Bool) -> Bool {
    guard let focus else { return false }
    var tiers = self.tiers
    guard let index = tiers.firstIndex(where: { $0.contains(focus) }) else {
      if up { setTiers(tiers + [[focus]]) }
      return up
    }
    if tiers[index].count > 1 {
      tiers[index].removeAll { $0 == focus }
      tiers.insert([focus], at: up ? index : index + 1)
    } else {
      let other = up ? index - 1 : index + 1
      guard tiers.indices.contains(other) else { return false }
      tiers.swapAt(index, other)
    }
    setTiers(tiers)
    return true
  }

  /// Where a dragged card is let go.
  enum Drop: Sendable, Hashable {
    /// Before the placed completion with this index on the screen, or after the last.
    case gap(Int)
    case unplaced
  }

  /// Puts a completion where it was dropped: between two of one tier it joins them, elsewhere it
  /// gets a tier of its own.
  mutating func drop(_ id: Int64, at drop: Drop) {
    focus(on: id)
    guard case .gap(let gap) = drop else {
      digits[id] = nil
      return
    }
    let placed = self.placed
    let before = placed.prefix(gap).last { $0 != id }
    let after = placed.dropFirst(gap).first { $0 != id }
    if let before, let after, digits[before] == digits[after] {
      digits[id] = digits[before]
      return
    }
    var tiers = self.tiers.map { $0.filter { $0 != id } }.filter { !$0.isEmpty }
    let index =
      before.flatMap { last in tiers.firstIndex { $0.contains(last) } }.map { $0 + 1 } ?? 0
    tiers.insert([id], at: index)
    setTiers(tiers)
  }

  /// Takes up an order from a draft or a label; ids that the slate does not hold are left out.
  mutating func restore(_ digits: [Int64: Int]) {
    self.digits = digits.filter { completions.contains($0.key) && (1...9).contains($0.value) }
    focus = unplaced.first ?? placed.first
  }

  private mutating func setTiers(_ tiers: [[Int64]]) {
    digits = [:]
    for (index, tier) in tiers.enumerated() {
      for id in tier { digits[id] = index + 1 }
    }
  }
}

extension RankingBoard {
  /// Tiers in letters, such as `A > C = D > B`.
  func text(of tiers: [[Int64]]) -> String {
    tiers.map { tier in tier.map { String(letter(of: $0)) }.joined(separator: " = ") }
      .joined(separator: " > ")
  }

  /// Completions in letters, such as `A, B and C`.
  func text(listing ids: [Int64]) -> String {
    let letters = ids.map { String(letter(of: $0)) }
    guard let last = letters.last, letters.count > 1 else { return letters.first ?? "" }
    return letters.dropLast().joined(separator: ", ") + " and " + last
  }
}
