import Foundation
import TestSupport
import Testing

@testable import Trainer

@Suite struct RecipeTests {
  private func recipe(_ text: String) throws -> Recipe {
    let folder = try TemporaryFolder()
    try Data(text.utf8).write(to: folder.url.appendingPathComponent(Recipe.fileName))
    return try Recipe.read(from: folder.url)
  }

  @Test func withoutAFileItIsTheDefault() throws {
    #expect(try Recipe.read(from: TemporaryFolder().url) == Recipe())
  }

  @Test func aFileChangesWhatItNames() throws {
    let changed = try recipe(#"{"beta": 0.5, "draws": 5}"#)
    var expected = Recipe()
    expected.beta = 0.5
    expected.draws = 5
    #expect(changed == expected)
  }

  @Test(arguments: [
    (#"{"betta": 0.5}"#, "no betta"), (#"{"draws": "many"}"#, "draws cannot be many"),
    (#"{"draws": 0}"#, "draws cannot be 0"), (#"{"klBudget": -1}"#, "klBudget cannot be -1"),
    ("[1]", "not a JSON object"), ("{", "not a JSON object"),
  ])
  func aFileThatIsNoRecipeIsRefused(text: String, words: String) throws {
    let error = try #require(throws: TrainerError.self) { try recipe(text) }
    #expect(error.description.contains(words))
  }

  @Test func thePolicyMayGoAsFarAsIsKnownAndAsDemonstrationsTookIt() {
    var recipe = Recipe()
    (recipe.klBudget, recipe.demonstrationBudget) = (0.4, 0.2)
    #expect(recipe.budget(demonstrations: 0) == 0.4)
    #expect(recipe.budget(demonstrations: 0, known: 0.75) < 0.4)
    #expect(recipe.budget(demonstrations: 0, known: 0) == 0.2)
    #expect(recipe.budget(demonstrations: 4) == 0.5)
    #expect(abs(recipe.budget(demonstrations: 80) - 0.6) < 1e-9)
  }
}
