import Foundation
import TestSupport
import Testing

/// `bench`, on the tiny model: the shape of what it writes, not how fast anything is.
@Suite struct BenchCommandTests {
  /// Any row's figures.
  struct Row: Decodable {
    var row: String
    var cpu: String?
    var threads: Int?
    var sgemmGflops: Double?
    var sgemmGflopsBefore: Double?
    var sgemmGflopsAfter: Double?
    var memoryGbS: Double?
    var k: Int?
    var draws: Int?
    var batch: Int?
    var tokens: Int?
    var adapter: Bool?
    var replayed: Bool?
    var seconds: Double?
    var min: Double?
    var max: Double?
    var repeats: Int?
    var promptSeconds: Double?
    var decodeSeconds: Double?
    var tokensPerSecond: Double?
    var decodePeakShare: Double?
    var peakShare: Double?
    var residentMb: Double?
  }

  @Test func theMachineComesFirstThenTheRowsAskedFor() throws {
    let bench = try Bench()
    let outcome = try bench.run("bench", "--only", "load,machine", "--json", "--repeats", "2")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    let rows = try outcome.lines(as: Row.self)
    #expect(rows.map(\.row) == ["machine", "load"])

    let machine = try #require(rows.first)
    #expect(machine.cpu?.isEmpty == false)
    #expect(machine.threads == 1)
    let peak = try #require(machine.sgemmGflops)
    #expect(peak > 0)
    #expect(machine.sgemmGflopsBefore == peak)
    #expect(try #require(machine.memoryGbS) > 0)

    let load = try #require(rows.last)
    #expect(load.repeats == 2)
    let seconds = try [load.min, load.seconds, load.max].map { try #require($0) }
    #expect(seconds == seconds.sorted())
    #expect(seconds[0] > 0)
    #expect(try #require(load.residentMb) > 0)
  }

  @Test func everyTestHasItsRows() throws {
    let bench = try Bench()
    let outcome = try bench.run("bench", "--json", "--repeats", "1")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let rows = try outcome.lines(as: Row.self)
    #expect(
      rows.map(\.row)
        == ["machine"] + Array(repeating: "candidates", count: 6) + ["score", "reward", "reward"]
        + ["slate"] + Array(repeating: "sft", count: 5) + ["load"])
    func all(_ name: String) -> [Row] { rows.filter { $0.row == name } }

    let machine = try #require(rows.first)
    let peaks = try [machine.sgemmGflopsBefore, machine.sgemmGflopsAfter].map { try #require($0) }
    #expect(machine.sgemmGflops == peaks.max())

    let candidates = all("candidates")
    #expect(candidates.map(\.k) == [1, 2, 4, 8, 4, 8])
    #expect(candidates.map { $0.adapter ?? false } == [false, false, false, false, true, true])
    for row in candidates {
      let (prompt, decode) = (try #require(row.promptSeconds), try #require(row.decodeSeconds))
      #expect(abs(prompt + decode - (try #require(row.seconds))) < 1e-9)
      let drawn = try #require(row.tokensPerSecond) * decode
      #expect(abs(drawn - 63 * Double(try #require(row.k))) < 1e-6)
      #expect(row.decodePeakShare != nil && row.peakShare == nil)
    }

    // 1 x 2048 is longer than the tiny model's context.
    #expect(all("sft").map(\.batch) == [1, 1, 4, 4, 4])
    #expect(all("sft").map(\.tokens) == [128, 256, 128, 256, 128])
    #expect(all("sft").map { $0.replayed ?? false } == [false, false, false, false, true])
    for row in all("sft") {
      let computed = Double(try #require(row.batch) * (try #require(row.tokens) - 1))
      let trained = try #require(row.tokensPerSecond) * (try #require(row.seconds))
      #expect(abs(trained - computed) < 1e-6)
      #expect(row.peakShare != nil)
    }

    #expect(all("reward").map { $0.replayed ?? false } == [false, true])
    #expect(all("slate").map(\.draws) == [10])
  }

  @Test(arguments: ["loud", "load,", ""])
  func anUnknownRowIsWrongUsage(only: String) throws {
    let bench = try Bench()
    let outcome = try bench.run("bench", "--only", only)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("There is no row '\(only == "loud" ? only : "")' to measure"))
    #expect(outcome.errors.contains("machine, candidates, sft, reward, score, slate, load"))
  }
}
