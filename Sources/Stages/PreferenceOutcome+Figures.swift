import RunStore

extension PreferenceOutcome {
  /// Reads the figures that training left.
  init(figures: [String: Double], agreement: Evaluate.Agreement?) {
    let bins = (0..<10).compactMap { index -> CalibrationBin? in
      guard let predicted = figures["calibration/\(index)/predicted"],
        let labelled = figures["calibration/\(index)/labelled"],
        let count = figures["calibration/\(index)/pairs"]
      else { return nil }
      return CalibrationBin(predicted: predicted, observed: labelled, n: Int(count))
    }
    self.init(
      accuracy: figures["held_out/accuracy"], agreement: agreement?.share,
      agreementOnHarm: agreement?.onHarm?.share,
      calibrationError: figures["held_out/calibration_error"], calibration: bins,
      trainingPairs: ["harmless", "helpful"].reduce(0) {
        $0 + Int(figures["pairs/\($1)"] ?? 0)
      }, heldOutPairs: figures["held_out/pairs"].map { Int($0) },
      droppedPairs: figures["identical_pairs"].map { Int($0) })
  }
}
