import Foundation
import Testing

@testable import Learning

@Suite struct TextFormTests {
  @Test func proseIsWordsAndLines() {
    let expected: [Float] = [log(5), 0, 0, 0, 0, 0, log(3), log(2), 0, 1, exp(-0.5)]
    for (value, number) in zip(TextForm.values(of: "One two three.\n\nFour."), expected) {
      #expect(abs(value - number) < 1e-6)
    }
  }

  @Test func aNumberedListIsSeen() {
    let values = TextForm.values(of: "Three ideas:\n1. Walk\n2) Read\n 10. Sleep")
    #expect(values[1] == 0.75)
    #expect(values[2] == 0)
    #expect(values[3] == 0.25)
    #expect(values[4] == 1)
    #expect(values[5] == 0)
  }

  @Test func aNumberAloneIsNoList() {
    let values = TextForm.values(of: "1.5 metres\n2024 was dry.\n3.\n4. Four")
    #expect(values[1] == 0.25)
    #expect(values[4] == 0)
  }

  @Test func bulletsHeadingsAndBoldAreSeen() {
    let values = TextForm.values(of: "# Tea\n**Kinds**\n- green\n* black\n• mint\n-dash")
    #expect(values[2] == 0.5)
    #expect(values[3] == Float(2) / 6)
    #expect(values[5] == 1)
    #expect(values[8] == Float(2) / 10)
  }

  @Test func repetitionIsSeen() {
    #expect(TextForm.values(of: "one two, One two one two three")[9] == Float(3) / 6)
    #expect(TextForm.values(of: "word")[9] == 1)
  }

  @Test func whatFailsDiffersAsTheFailingsSay() {
    let whole = TextForm.values(
      of: "The ferry leaves at nine, so take an early bus down.")
    let failed = ["We walk and we walk and we walk and then we rest.", "Nine."]
    for (text, failing) in zip(failed, TextForm.failings) {
      let difference = TextForm.values(of: text)[failing.number] - whole[failing.number]
      #expect(abs(difference - failing.difference) < 0.2)
    }
    #expect(TextForm.failings.allSatisfy { TextForm.layout.contains($0.number) })
  }

  @Test(arguments: [
    ("The cat sat on the mat.", false), ("Six words are enough for it.", false),
    ("Five words are not enough.", true), ("", true),
    ("go on go on go on go on go on", true), ("go on and on, on and off, off and on again", false),
  ])
  func whatIsNoAnswerFails(_ text: String, _ fails: Bool) {
    #expect(TextForm.fails(TextForm.values(of: text)) == fails)
  }

  @Test func anEmptyTextHasAForm() {
    let values = TextForm.values(of: "")
    #expect(values.count == TextForm.count)
    #expect(values == [Float](repeating: 0, count: 9) + [1, 1])
    #expect(TextForm.values(of: "\n \n").allSatisfy { $0.isFinite })
  }
}
