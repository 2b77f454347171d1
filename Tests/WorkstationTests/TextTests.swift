import Feedback
import TerminalUI
import TestSupport
import Testing

@testable import Workstation

/// Text from models and prompts in any script, and hostile text.
@Suite struct TextTests {
  static let hostile =
    "\u{1b}[2J\u{1b}]0;owned\u{07}red \u{9b}31m \u{202e}txt\u{202c} \u{0}\u{8}\r end <|im_end|>"

  @Test func wideAndCombiningText() {
    let robot = Robot(
      desk: .ready(
        .make(
          [
            "月面着陸は1969年7月20日に起こりました。アポロ11号の宇宙飛行士たちは月に降り立ち、"
              + "旗を立て、石を集めて、地球に帰ってきました。とても遠い旅でした。",
            "Cafe\u{301} na\u{308}ive 👩‍🚀 and ❤\u{FE0F} on the moon 🇳🇿.",
            "هبط رواد الفضاء على القمر في عام ١٩٦٩.", "달 착륙은 1969년에 있었습니다.",
          ], prompt: "月について教えて。")))
    robot.press("1 2")
    assertSnapshot(robot.text, named: "rank-wide-80x24")
    for row in robot.rows { #expect(TextWidth.columns(row) <= 80) }
  }

  @Test func hostileTextIsHarmlessEverywhere() {
    let robot = Robot(
      desk: .ready(.make([Self.hostile, "fine"], prompt: Self.hostile, key: Self.hostile)))
    var status = WorkspaceStatus.busy
    status.job = JobStatus(title: Self.hostile, progress: 0.5)
    status.failures = [Self.hostile]
    robot.send(.status(status)).send(.trouble(nil))
    for keys in ["1", "d", "escape e", "escape f1 f", "escape f3", "f5"] {
      expectHarmless(robot.press(keys).text)
    }
    expectHarmless(robot.send(.trouble(Self.hostile)).text)
    expectHarmless(robot.send(.failed(.submit, Self.hostile)).text)
  }

  private func expectHarmless(_ text: String) {
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value))
      #expect(!(0x202a...0x202e).contains(scalar.value))
      #expect(!(0x2066...0x2069).contains(scalar.value))
    }
  }

  @Test func hostileGrowingText() {
    let growing = GrowingSlate(
      id: 7, prompt: Slate.moon.prompt, count: 2, texts: [Self.hostile, "\u{301}"])
    expectHarmless(Robot(desk: .growing(growing)).text)
  }

  @Test func emptyCompletionsShow() {
    #expect(Robot(desk: .ready(.make(["", " \n "]))).text.contains("(empty)"))
  }

  @Test func wordsThatDiffer() {
    let difference = WordDifference("The moon is far, far away.", "The Moon is very far away!")
    #expect(difference.left.filter(\.isOwn).map(\.text) == ["far,"])
    #expect(difference.right.filter(\.isOwn).map(\.text) == ["very"])
    let lines = WordDifference("月は白い", "月は赤い")
    #expect(lines.left.filter(\.isOwn).map(\.text) == ["白"])
  }

  @Test func differencesStandOut() {
    let robot = Robot(desk: .ready(.make(["red moon", "blue moon"]))).press("1 d")
    let surface = robot.surface
    let row = robot.rows.firstIndex { $0.contains("red moon") } ?? 0
    #expect(surface[1, row].style.attributes.contains(.underline))
    #expect(!surface[5, row].style.attributes.contains(.underline))
  }
}
