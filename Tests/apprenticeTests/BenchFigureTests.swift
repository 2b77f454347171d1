import LanguageModel
import Testing

@testable import apprentice

/// What `bench` makes of its measurements.
@Suite struct BenchFigureTests {
  private let machine = MachineFigures(
    cpu: "Some processor", threads: 2, kernels: "AVX2",
    before: MachineSpeed.Peak(product: .matmul, gigaflops: 200),
    after: MachineSpeed.Peak(product: .sgemm, gigaflops: 160), memoryGigabytesPerSecond: 20)

  /// SmolLM2-135M's shape.
  private let work = ModelWork(
    ModelConfiguration(
      architecture: "llama", vocabularySize: 49_152, hiddenSize: 576, feedForwardSize: 1536,
      layerCount: 30, headCount: 9, keyValueHeadCount: 3, headSize: 64, ropeBase: 100_000,
      normEpsilon: 1e-5, contextLength: 8192))

  @Test func samplesHaveAMedianAndASpread() {
    let odd = Samples([5, 1, 2])
    #expect((odd.min, odd.median, odd.max) == (1, 2, 5))
    #expect(odd.spread == 2)
    #expect(Samples([4, 1, 2, 3]).median == 2.5)
    #expect(Samples([2, 4]).map { 8 / $0 } == Samples([4, 2]))
  }

  @Test func theHeadIsCountedOnceAndTheLookUpNot() {
    let layer = 2 * 576 * 576 + 2 * 576 * 192 + 3 * 576 * 1536
    #expect(work.parameters == 30 * layer + 49_152 * 576)
    #expect(work.parameters == 134_479_872)
    #expect(work.decoding == 2 * 134_479_872)
    #expect(work.training(adaptedLayers: 30) == 4 * 134_479_872)
    #expect(work.training(adaptedLayers: 10) == Double(4 * (10 * layer + 49_152 * 576)))
    #expect(work.scoring == Double(2 * 30 * layer))
    #expect(work.ranking(adaptedLayers: 10) == Double(4 * 10 * layer))
  }

  @Test func sharesAreOfTheBestPeak() throws {
    #expect(machine.gigaflops == 200)
    #expect(machine.product == .matmul)
    var result = BenchResult(.sft, seconds: Samples([1]))
    #expect(result.peakShare(of: machine.gigaflops) == nil)
    // 100 tokens a second at a billion operations each, of 200 billion.
    result.tokensPerSecond = Samples([90, 100, 120])
    result.operationsPerToken = 1e9
    #expect(result.peakShare(of: machine.gigaflops) == 0.5)
  }

  @Test func theTableIsReadableAndSaysWhatWasMeasured() {
    var candidates = BenchResult(.candidates, seconds: Samples([0.5, 0.25, 1]))
    candidates.k = 4
    candidates.adapter = true
    candidates.tokensPerSecond = Samples([900, 1000, 1100])
    candidates.operationsPerToken = 0.1e9
    var sft = BenchResult(.sft, seconds: Samples([2]))
    (sft.batch, sft.tokens) = (1, 2048)
    sft.residentMegabytes = 1234.5
    var slate = BenchResult(.slate, seconds: Samples([3, 3]))
    (slate.k, slate.draws) = (4, 8)
    let report = BenchReport(
      machine: machine,
      results: [candidates, sft, slate, BenchResult(.load, seconds: Samples([0.1]))])
    #expect(
      report.text == [
        "Some processor, 2 threads, AVX2 kernels",
        "sgemm peak 200.0 GFLOP/s by matmul (200.0 before the tests, 160.0 after), "
          + "memory 20.0 GB/s read",
        "",
        "test                    tokens/s   spread  of peak  seconds  least   most   memory",
        "candidates k=4 adapter    1000.0  ± 100.0   50.0 %    0.500  0.250  1.000",
        "sft 1x2048                                            2.000  2.000  2.000  1234 MB",
        "slate 8+1 drawn, k=4                                  3.000  3.000  3.000",
        "load                                                  0.100  0.100  0.100",
      ])
  }

  @Test func aMachineAloneHasNoTable() {
    var machine = machine
    machine.after = nil
    #expect(
      BenchReport(machine: machine, results: []).text == [
        "Some processor, 2 threads, AVX2 kernels",
        "sgemm peak 200.0 GFLOP/s by matmul, memory 20.0 GB/s read",
      ])
  }

  @Test func repeatsAreCountedWithoutTheWarmUp() {
    #expect(Repeats(5).collect { $0 } == [1, 2, 3, 4, 5])
    #expect(Repeats(nil, atLeast: 2, seconds: 0).collect { $0 } == [1, 2])
    #expect(Repeats(nil, seconds: 1000).collect { $0 } == Array(1...7))
  }

  @Test func rowsAreNamedWithCommas() throws {
    #expect(try BenchRow.list("load,machine") == [.load, .machine])
    #expect(throws: CommandError.self) { try BenchRow.list("load,,sft") }
  }
}
