import Feedback
import Testing

@Suite struct UseCaseTests {
  @Test func sharesAddUpToOne() {
    #expect(abs(UseCase.allCases.reduce(0) { $0 + $1.share } - 1) < 0.002)
  }

  @Test func spelledWithUnderscores() {
    #expect(UseCase(rawValue: "open_qa") == .openQA)
    #expect(UseCase.closedQA.rawValue == "closed_qa")
  }

  @Test func lettersFollowThePosition() {
    #expect((0..<4).map(Slate.letter(at:)) == ["A", "B", "C", "D"])
  }

  @Test func aConversationReadsAsTurns() {
    let prompt = Prompt(
      id: 1, key: "chat-1", useCase: .chat,
      messages: [
        Message(role: .user, content: "Hi"), Message(role: .assistant, content: "Hello"),
        Message(role: .user, content: "Why?"),
      ])
    #expect(prompt.text == "user: Hi\n\nassistant: Hello\n\nuser: Why?")
  }
}
