import LanguageModel

/// What a whole run of `bench` found.
struct BenchReport {
  var machine: MachineFigures
  var results: [BenchResult]

  /// Measures the rows, and the machine before and after them: it may be slower once it is warm.
  ///
  /// - Parameters:
  ///   - repeats: of every measurement; nil as often as is worth its time.
  ///   - load: opens the model; not called when only the machine is measured.
  static func measure(
    _ rows: Set<BenchRow>, repeats: Int?, progress: BenchProgress, load: () throws -> LanguageModel
  ) throws -> BenchReport {
    defer { progress.clear() }
    var results: [BenchResult] = []
    var run: BenchRun?
    if rows != [.machine] {
      // First of all, while nothing else is in memory.
      let (model, loading) = try loaded(repeats: repeats, progress: progress, load: load)
      if rows.contains(.load) { results.append(loading) }
      run = BenchRun(model: model, repeats: repeats, progress: progress)
    }
    progress.say("machine: memory")
    let bandwidth = try MachineSpeed.readBandwidth()
    progress.say("machine: peak")
    let before = try MachineSpeed.peak()
    var after: MachineSpeed.Peak?
    if let run, !rows.isSubset(of: [.machine, .load]) {
      try run.measure(rows)
      progress.say("machine: peak")
      after = try MachineSpeed.peak()
      results = run.results + results
    }
    return BenchReport(
      machine: MachineFigures(
        cpu: MachineFigures.processorName(), threads: MachineSpeed.threadCount,
        kernels: VectorKernels.name, before: before, after: after,
        memoryGigabytesPerSecond: bandwidth),
      results: results)
  }

  /// Opens the model again and again and keeps the last.
  private static func loaded(
    repeats: Int?, progress: BenchProgress, load: () throws -> LanguageModel
  ) throws -> (LanguageModel, BenchResult) {
    var model: LanguageModel?
    let times = try Repeats(repeats, atLeast: 3, seconds: 2).collect { _ in
      progress.say("load")
      model = nil
      return try seconds { model = try load() }
    }
    var result = BenchResult(.load, seconds: Samples(times))
    result.residentMegabytes = ResidentMemory.megabytes
    return (model!, result)
  }
}
