import Foundation
import TestSupport
import Testing

/// `bench`, on the tiny model: the shape of what it writes, not how fast anything is.
@Suite struct BenchCommandTests {
  @Test func theMachineComesFirstThenARowForEachTest() throws {
    let bench = try Bench()
    let outcome = try bench.run("bench", "--only", "load,machine", "--json", "--repeats", "2")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    let rows = try outcome.objects()
    #expect(rows.map { $0["row"] as? String } == ["machine", "load"])

    let machine = try #require(rows.first)
    #expect((machine["cpu"] as? String)?.isEmpty == false)
    #expect(machine["threads"] as? Int == 1)
    let peak = try #require(machine["sgemm_gflops"] as? Double)
    #expect(peak > 0)
    #expect(machine["sgemm_gflops_before"] as? Double == peak)
    #expect((machine["memory_gb_s"] as? Double ?? 0) > 0)

    let load = try #require(rows.last)
    #expect(load["repeats"] as? Int == 2)
    let seconds = try ["min", "seconds", "max"].map { try #require(load[$0] as? Double) }
    #expect(seconds == seconds.sorted())
    #expect(seconds[0] > 0)
    #expect((load["resident_mb"] as? Double ?? 0) > 0)
  }

  @Test func everyTestHasItsRows() throws {
    let bench = try Bench()
    let outcome = try bench.run("bench", "--json", "--repeats", "1")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let rows = try outcome.objects()
    func rows(_ name: String) -> [[String: Any]] { rows.filter { $0["row"] as? String == name } }
    #expect(
      rows.map { $0["row"] as! String }
        == ["machine"] + Array(repeating: "candidates", count: 6) + ["score", "reward", "reward"]
        + ["slate"] + Array(repeating: "sft", count: 4) + ["load"])
    let peaks = ["", "_before", "_after"].map { rows[0]["sgemm_gflops\($0)"] as! Double }
    #expect(peaks[0] == max(peaks[1], peaks[2]))
    #expect(rows("candidates").map { $0["k"] as? Int } == [1, 2, 4, 8, 4, 8])
    #expect(rows("candidates").dropLast(2).allSatisfy { $0["adapter"] == nil })
    #expect(rows("candidates").suffix(2).allSatisfy { $0["adapter"] as? Bool == true })
    for row in rows("candidates") {
      let (prompt, decode) = (row["prompt_seconds"] as! Double, row["decode_seconds"] as! Double)
      #expect(abs(prompt + decode - (row["seconds"] as! Double)) < 1e-9)
      let rate = row["tokens_per_second"] as! Double
      #expect(abs(rate * decode - Double(63 * (row["k"] as! Int))) < 1e-6)
      #expect(row["decode_peak_share"] is Double)
    }
    // 1 x 2048 is longer than the tiny model's context.
    #expect(rows("sft").map { $0["batch"] as? Int } == [1, 1, 4, 4])
    #expect(rows("sft").map { $0["tokens"] as? Int } == [128, 256, 128, 256])
    for row in rows("sft") {
      let computed = (row["batch"] as! Int) * ((row["tokens"] as! Int) - 1)
      let rate = row["tokens_per_second"] as! Double
      #expect(abs(rate * (row["seconds"] as! Double) - Double(computed)) < 1e-6)
      #expect(row["peak_share"] is Double)
    }
    #expect(rows("reward").map { $0["replayed"] != nil } == [false, true])
    #expect(rows("slate").map { $0["draws"] as? Int } == [8])
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
