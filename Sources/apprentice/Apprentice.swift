import ArgumentParser
import Foundation

/// The command line; without a subcommand it opens the workstation.
@main
struct Apprentice: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apprentice",
    abstract: "Teach a language model by hand, in the terminal.",
    discussion: """
      Without a subcommand the workstation opens: rank the candidates the model writes, write \
      demonstrations, and watch the policy and the reward model learn from them.
      """,
    version: ProgramVersion.text,
    subcommands: [
      Open.self, RunTrainer.self, Prompts.self, Import.self, Export.self, Train.self,
      Generate.self, Logprobs.self, Score.self, Tokenize.self, Stats.self, Versions.self,
      Simulate.self, Bench.self, Doctor.self,
    ],
    defaultSubcommand: Open.self)
}

/// Which program this is: recorded in every version it publishes.
enum ProgramVersion {
  static let text = "0.1.0"
}
